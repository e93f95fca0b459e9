"""A page to watch the sandbox by, and to make it go wrong. It asks the control API alone."""
