from django.urls import path

from accounts.api import kill_switch, members, tokens, views

urlpatterns = [
    path("me", views.Me.as_view(), name="api-me"),
    path("jobs", views.Jobs.as_view(), name="api-jobs"),
    path("jobs/<uuid:job>", views.OneJob.as_view(), name="api-job"),
    path("jobs/<uuid:job>/cancel", views.CancelJob.as_view(), name="api-job-cancel"),
    path("members", members.Members.as_view(), name="api-members"),
    path("tokens", tokens.Tokens.as_view(), name="api-tokens"),
    path("tokens/<uuid:token>", tokens.OneToken.as_view(), name="api-token"),
    path("kill-switch", kill_switch.TradingSwitch.as_view(), name="api-kill-switch"),
    path("notifications", views.Notifications.as_view(), name="api-notifications"),
    path("notifications/<uuid:notification>/read", views.ReadNotification.as_view(), name="api-read-notification"),
    path("audit", views.AuditTrail.as_view(), name="api-audit"),
]
