"""One module a library. Each has make(setup, **settings) -> Tuner."""
