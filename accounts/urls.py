from django.urls import include, path

from accounts.views import audit, confirm, entrance, home, jobs, members, security

#: Ways in, under the names by which allauth asks for them.
entrances = [
    path("login/", entrance.login, name="account_login"),
    path("logout/", entrance.logout, name="account_logout"),
    path("inactive/", entrance.inactive, name="account_inactive"),
    path("sign-up/", entrance.sign_up, name="account_signup"),
    path("confirm-mail/", entrance.mail_sent, name="account_email_verification_sent"),
    path("confirm-mail/<str:key>/", entrance.confirm_mail, name="account_confirm_email"),
    path("password/reset/", entrance.reset, name="account_reset_password"),
    path("password/reset/sent/", entrance.reset_done, name="account_reset_password_done"),
    path("password/reset/<slug:uidb36>-<str:key>/", entrance.reset_by_key, name="account_reset_password_from_key"),
    path("password/reset/complete/", entrance.reset_complete, name="account_reset_password_from_key_done"),
]

#: What a person does for himself, whatever workspace he is in.
persons_own = [
    path("confirm/", confirm.confirm, name="confirm"),
    path("security/", security.security, name="security"),
    path("password/change/", entrance.change_password, name="account_change_password"),
    path("password/set/", entrance.set_password, name="account_set_password"),
    path("mail-addresses/", entrance.emails, name="account_email"),
]

workspaces = [
    path("", home.dashboard, name="dashboard"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<uuid:job>/cancel/", jobs.cancel, name="job-cancel"),
    path("audit/", audit.audit, name="audit"),
    path("members/", members.members, name="members"),
]

urlpatterns = [
    path("", home.landing, name="landing"),
    path("home/", home.home, name="home"),
    path("account/", include(entrances)),
    path("account/", include(persons_own)),
    path("w/<slug:workspace>/", include(workspaces)),
    path("api/v1/", include("accounts.api.urls")),
]
