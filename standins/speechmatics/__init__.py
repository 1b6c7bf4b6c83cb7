"""A stand-in for Speechmatics Batch, with its rules and its failures."""
