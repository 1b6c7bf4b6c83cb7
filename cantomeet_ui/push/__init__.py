"""How a change reaches the open pages."""
