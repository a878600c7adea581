"""The steps of a module as a tree: regions for the modules around them, merges for their forks."""
