"""Watchlists and alerts leave with their owner and are deleted with him."""

from accounts.data.rows import deleter_of, exporter_of
from accounts.registries import Erasure, register_data
from instruments.models import AlertFiring, PriceAlert, Watchlist, WatchlistEntry


def register() -> None:
    for model in (WatchlistEntry, Watchlist, AlertFiring, PriceAlert):
        register_data(model, exporter=exporter_of(model), erasure=Erasure.DELETE, eraser=deleter_of(model))
