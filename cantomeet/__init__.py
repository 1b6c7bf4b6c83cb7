"""The core of CantoMeet Notes: meetings, their store, their recordings. Imports no web and no queue."""

from cantomeet.untracked import opt_out

# Here, because every process of ours imports this package before any library that reports home.
opt_out()
