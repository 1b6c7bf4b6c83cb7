"""The `cantomeet` command: starts everything on one machine, checks it, and talks to a running server."""
