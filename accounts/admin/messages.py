"""What went out to people: state and error, never the words."""

from django.contrib import admin

from accounts.models import Mail, NoticeMessage, NotificationChannel
from accounts.operator_site import ReadOnly

_SENDING = ("state", "attempts", "last_error", "next_attempt_at", "created_at", "finished_at")


@admin.register(Mail)
class MailAdmin(ReadOnly):
    group, title = "Messages", "Mail"
    list_display = ("subject", "to", *_SENDING)
    list_filter = ("state",)
    search_fields = ("to", "subject")
    fields = ("subject", "to", *_SENDING)


@admin.register(NotificationChannel)
class NotificationChannelAdmin(ReadOnly):
    """That there is one, and whether it works; where it leads and what signs it are its owner's."""

    group, title = "Messages", "Channels"
    list_display = ("kind", "person", "workspace", "is_on", "failed_at", "failure")
    list_filter = ("kind",)
    list_select_related = ("person", "workspace")
    fields = ("kind", "person", "workspace", "is_on", "failed_at", "failure")

    @admin.display(description="on")
    def is_on(self, channel: NotificationChannel) -> str:
        return "on" if channel.is_active else "off"


@admin.register(NoticeMessage)
class NoticeMessageAdmin(ReadOnly):
    group, title = "Messages", "Notices sent"
    list_display = ("kind", *_SENDING)
    list_filter = ("kind", "state")
    fields = ("kind", *_SENDING)
