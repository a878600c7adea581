"""What the conditions of a net say about the sizes of its inputs, solved and told in short."""
