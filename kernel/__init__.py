"""Mechanisms that know nobody: the ground floor. Nothing here imports another package of ours."""
