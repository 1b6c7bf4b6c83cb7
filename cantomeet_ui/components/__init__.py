"""Small functions named for what the reader sees."""
