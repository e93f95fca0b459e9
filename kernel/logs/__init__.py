"""Structured logs: an event's name, ids, and never a secret."""
