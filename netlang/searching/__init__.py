"""`netlang search`: trials of a recipe with spaces, each an ordinary run, and the best of them.

What is tried is a function of the recipe, the seed and the results so far. So nothing but results
is kept, and a search goes on from them, in any number of processes, as if it had never stopped.
"""
