"""A workspace's connections to venues, what they open, and what was last heard of it."""

from exchanges.models.account import Account, Opening, Snapshot
from exchanges.models.connection import Connection, Credential
from exchanges.models.listening import Listening, PriceFeed
from exchanges.models.login import VenueLogin
from exchanges.models.paper import PaperBalance, PaperBook, PaperFill, PaperOrder
from exchanges.models.postback import Postback

__all__ = [
    "Account",
    "Connection",
    "Credential",
    "Listening",
    "Opening",
    "PaperBalance",
    "PaperBook",
    "PaperFill",
    "PaperOrder",
    "Postback",
    "PriceFeed",
    "Snapshot",
    "VenueLogin",
]
