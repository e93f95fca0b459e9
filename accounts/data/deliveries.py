"""Deliveries and their log: exported without the sealed addresses, deleted whole."""

from accounts.data.rows import deleter_of, exporter_of
from accounts.registries import Erasure, register_data
from kernel.models import Delivery, DeliveryAttempt


def register() -> None:
    for model in (DeliveryAttempt, Delivery):
        register_data(model, exporter=exporter_of(model), erasure=Erasure.DELETE, eraser=deleter_of(model))
