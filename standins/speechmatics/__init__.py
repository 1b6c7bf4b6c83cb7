"""Speechmatics Batch, with its rules and its failures."""
