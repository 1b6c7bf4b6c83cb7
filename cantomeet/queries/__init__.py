"""What pages and API read: each query is one function `f(services, actor, ...)` and one snapshot of the database.

It asks whether the actor may read it, and returns a frozen dataclass of models. No query reads in a loop.
"""
