"""Listens to the prices of venues: `manage.py stream_prices [VENUE…]`, one process or one for each venue."""

from exchanges.streaming.command import StreamCommand


class Command(StreamCommand):
    help = "Listens to the prices of venues and keeps the newest of each symbol, until it is told to stop."
    prices = True
