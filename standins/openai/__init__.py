"""An OpenAI-compatible language model that invents its answers."""
