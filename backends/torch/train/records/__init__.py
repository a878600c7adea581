"""What a run shows and stores of its progress: lines, tables, pictures."""
