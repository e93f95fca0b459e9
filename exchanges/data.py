"""Connections leave with their owner without what opens them; keys are deleted at once, the rest with the workspace."""

from accounts.data.rows import deleter_of, exporter_of
from accounts.registries import Erasure, register_data
from exchanges.models import (
    Account,
    Connection,
    Credential,
    Listening,
    Opening,
    PaperBalance,
    PaperBook,
    PaperFill,
    PaperOrder,
    Postback,
    Snapshot,
    VenueLogin,
)

_MODELS = (
    Credential,
    PaperFill,
    PaperOrder,
    PaperBalance,
    PaperBook,
    Connection,
    Account,
    Opening,
    Snapshot,
    VenueLogin,
    Listening,
    Postback,
)


def register() -> None:
    for model in _MODELS:
        register_data(model, exporter=exporter_of(model), erasure=Erasure.DELETE, eraser=deleter_of(model))
