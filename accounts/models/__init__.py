from accounts.models.audit import AuditDetail, AuditEntry, AuditHead
from accounts.models.checklist import DoneStep
from accounts.models.consent import Consent
from accounts.models.data_export import DataExport
from accounts.models.factor import Factor, RecoveryCode, TotpSecret
from accounts.models.invitation import Invitation
from accounts.models.kill_switch import KillSwitch
from accounts.models.mail import Mail
from accounts.models.notices import NoticeMessage, Notification, NotificationChannel, Urgency
from accounts.models.person import Kyc, NumberFormat, Person, Theme
from accounts.models.sign_in import GuessWindow, SignIn
from accounts.models.token import ApiToken
from accounts.models.workspace import Membership, Workspace

__all__ = [
    "ApiToken",
    "AuditDetail",
    "AuditEntry",
    "AuditHead",
    "Consent",
    "DataExport",
    "DoneStep",
    "Factor",
    "GuessWindow",
    "Invitation",
    "KillSwitch",
    "Kyc",
    "Mail",
    "Membership",
    "NoticeMessage",
    "Notification",
    "NotificationChannel",
    "NumberFormat",
    "Person",
    "RecoveryCode",
    "SignIn",
    "Theme",
    "TotpSecret",
    "Urgency",
    "Workspace",
]
