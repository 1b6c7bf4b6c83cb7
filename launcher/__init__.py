"""The `cantomeet` command: starts, checks and calls CantoMeet on one machine."""
