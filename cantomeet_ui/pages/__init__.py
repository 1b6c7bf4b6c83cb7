"""Pages, each with a state of the same name in `cantomeet_ui.state`."""
