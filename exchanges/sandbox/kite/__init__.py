"""Kite Connect 3's wire: log-in, REST, and the ticker's binary socket, written from the official documents."""
