"""From the database to what a page shows. These functions block: states call them in a thread."""
