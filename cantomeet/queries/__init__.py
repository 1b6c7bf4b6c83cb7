"""Queries of the pages and the API. Each is a function `f(services, actor, ...)` that reads one database snapshot.

A query checks the actor's rights and returns a frozen dataclass of models. No query reads in a loop.
"""
