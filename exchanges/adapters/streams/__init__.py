"""Sockets of the venues. ccxt's pro half is loaded here, and so in stream processes alone."""
