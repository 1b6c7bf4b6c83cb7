"""The web application: the pages and the JSON API."""
