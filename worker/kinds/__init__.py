"""The kinds of background work. Each module takes its jobs and says what a step does; `worker.engine` does the rest."""
