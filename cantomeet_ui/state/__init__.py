"""One flat state a page, of the same name; each handler asks `cantomeet.access` first."""
