from accounts.models.audit import AuditDetail, AuditEntry, AuditHead
from accounts.models.kill_switch import KillSwitch
from accounts.models.notices import NoticeMessage, Notification, NotificationChannel, Urgency
from accounts.models.person import Person
from accounts.models.token import ApiToken
from accounts.models.workspace import Membership, Workspace

__all__ = [
    "ApiToken",
    "AuditDetail",
    "AuditEntry",
    "AuditHead",
    "KillSwitch",
    "Membership",
    "NoticeMessage",
    "Notification",
    "NotificationChannel",
    "Person",
    "Urgency",
    "Workspace",
]
