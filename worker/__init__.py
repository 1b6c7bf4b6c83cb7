"""Background work: the engine, the kinds of jobs, providers, the rescuer, and the commands that start them."""
