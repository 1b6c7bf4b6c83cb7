"""The states of the pages. Each handler checks `cantomeet.access` first."""
