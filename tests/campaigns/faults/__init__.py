"""Would the campaigns notice? Wrong versions of the compiler, planted one at a time.

`faults.toml` is the table, `planting` makes a copy of the project with one of them in it, and
`probe`, run within that copy, looks for a random network that gives it away.
"""
