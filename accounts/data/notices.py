"""What a person was told and over which channels: exported without sealed addresses and keys, deleted whole."""

from accounts.data.rows import deleter_of, exporter_of
from accounts.models import NoticeMessage, Notification, NotificationChannel
from accounts.registries import Erasure, register_data


def register() -> None:
    for model in (NoticeMessage, Notification, NotificationChannel):
        register_data(model, exporter=exporter_of(model), erasure=Erasure.DELETE, eraser=deleter_of(model))
