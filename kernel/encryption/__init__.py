"""Envelope encryption: a data key per record version, wrapped by a key of the ring, bound to its owner."""
