"""A package that adds one operator to netlang, with its lowerings."""
