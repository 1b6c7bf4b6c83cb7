"""The kinds of background work. Each module leases its jobs and defines their step; `worker.engine` runs it."""
