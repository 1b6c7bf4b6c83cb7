"""Speechmatics Batch."""
