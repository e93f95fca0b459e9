"""The outside world: venues, what they can do, and what they answered, told exactly."""
