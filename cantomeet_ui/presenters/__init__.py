"""From table rows to what a page shows: frozen dataclasses, made by pure functions; no Reflex and no database here."""
