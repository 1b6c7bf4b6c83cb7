"""Stand-ins for the providers over HTTP, for `cantomeet dev` and the tests."""
