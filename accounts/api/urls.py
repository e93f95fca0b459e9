from django.urls import path

from accounts.api import views

urlpatterns = [
    path("me", views.Me.as_view(), name="api-me"),
    path("jobs", views.Jobs.as_view(), name="api-jobs"),
    path("jobs/<uuid:job>", views.OneJob.as_view(), name="api-job"),
    path("jobs/<uuid:job>/cancel", views.CancelJob.as_view(), name="api-job-cancel"),
    path("notifications", views.Notifications.as_view(), name="api-notifications"),
    path("notifications/<uuid:notification>/read", views.ReadNotification.as_view(), name="api-read-notification"),
    path("audit", views.AuditTrail.as_view(), name="api-audit"),
]
