"""From the values of a rule to a node of the tree: one maker for each rule of the grammar."""
