"""What can be traded, when, and at which steps."""
