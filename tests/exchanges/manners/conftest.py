"""A book of its own for each test."""

import pytest

from exchanges.manners import shared
from exchanges.manners.book import Book
from kernel.ids import new_id


@pytest.fixture
def book():
    return Book(venue="binance", address=str(new_id()))


@pytest.fixture
def lost_book():
    """A book whose Redis is away."""
    return Book(venue="binance", address=str(new_id()), url="redis://127.0.0.1:1/0")


@pytest.fixture(autouse=True)
def own_share(monkeypatch):
    monkeypatch.setattr(shared, "_OWN", shared._OwnShare())
