"""The background side: queue, pipeline, providers, rescue, and the commands that start them."""
