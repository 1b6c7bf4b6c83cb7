"""The pages and the JSON API beside them."""
