"""Pure functions from table rows to what a page shows.

They return frozen dataclasses and use neither Reflex nor the database.
"""
