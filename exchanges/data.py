"""Connections leave with their owner without what opens them; keys are deleted at once, the rest with the workspace."""

from accounts.data.rows import deleter_of, exporter_of
from accounts.registries import Erasure, register_data
from exchanges.models import Account, Connection, Credential, Opening, Snapshot


def register() -> None:
    for model in (Credential, Connection, Account, Opening, Snapshot):
        register_data(model, exporter=exporter_of(model), erasure=Erasure.DELETE, eraser=deleter_of(model))
