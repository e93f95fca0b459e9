"""The kinds of jobs of this app, by name."""

COLLECT, KEEP_UP = "instruments.collect", "instruments.keep_up"
