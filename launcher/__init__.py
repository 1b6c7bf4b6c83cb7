"""The `cantomeet` command: starting everything on one machine, its checks, and a client of a running one."""
