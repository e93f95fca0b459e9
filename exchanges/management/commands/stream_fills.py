"""Listens to what becomes of orders: `manage.py stream_fills [VENUE…] [--shard 0/2]`."""

from exchanges.streaming.command import StreamCommand


class Command(StreamCommand):
    help = "Listens to what becomes of the orders of connected accounts, until it is told to stop."
    fills = True
