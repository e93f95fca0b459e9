"""Keeps the sockets of the venues: prices for everybody, and what becomes of each account's orders."""
