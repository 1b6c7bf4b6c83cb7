"""Pushes changes to the open pages."""
