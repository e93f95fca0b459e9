"""Prices and fills in one process, for a small install: `manage.py stream [VENUE…]`."""

from exchanges.streaming.command import StreamCommand


class Command(StreamCommand):
    help = "Listens to prices and to what becomes of orders in one process, until it is told to stop."
    prices = fills = True
