"""A stand-in for an OpenAI-compatible language model that invents its answers."""
