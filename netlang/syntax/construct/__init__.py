"""Makes a node of the tree from the values of a rule: one function for each rule of the grammar."""
