"""The background side: the engine, its kinds of jobs, providers, rescue, and the commands that start them."""
