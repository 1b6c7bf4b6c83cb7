"""The core of CantoMeet Notes: meetings, their store, their recordings. Imports no web and no queue."""
