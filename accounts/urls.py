from django.urls import include, path, re_path

from accounts.views import (
    audit,
    channels,
    checklist,
    confirm,
    data,
    demo_mail,
    entrance,
    factors,
    home,
    jobs,
    legal,
    members,
    notifications,
    open_pages,
    preferences,
    search,
    second_factor,
    security,
    sessions,
    styleguide,
    team_deletion,
)

#: Ways in, under the names by which allauth asks for them.
entrances = [
    path("login/", entrance.login, name="account_login"),
    path("login/passkey/", second_factor.log_in_by_passkey, name="login-by-passkey"),
    path("login/passkey/challenge/", second_factor.passkey_challenge, name="login-by-passkey-challenge"),
    path("login/second-factor/", second_factor.second_factor, name="mfa_authenticate"),
    path("login/second-factor/challenge/", second_factor.second_factor_challenge, name="second-factor-challenge"),
    path("logout/", entrance.logout, name="account_logout"),
    path("inactive/", entrance.inactive, name="account_inactive"),
    path("sign-up/", entrance.sign_up, name="account_signup"),
    path("confirm-mail/", entrance.mail_sent, name="account_email_verification_sent"),
    path("confirm-mail/<str:key>/", entrance.confirm_mail, name="account_confirm_email"),
    path("password/reset/", entrance.reset, name="account_reset_password"),
    path("password/reset/sent/", entrance.reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        entrance.reset_by_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/complete/", entrance.reset_complete, name="account_reset_password_from_key_done"),
]

#: What a person does for himself, whatever workspace he is in.
persons_own = [
    path("confirm/", confirm.confirm, name="confirm"),
    path("confirm/challenge/", confirm.confirm_challenge, name="confirm-challenge"),
    path("security/", security.security, name="security"),
    path("security/authenticator/", factors.add_authenticator, name="add-authenticator"),
    path("security/passkey/", factors.add_passkey_page, name="add-passkey"),
    path("security/passkey/challenge/", factors.add_passkey_challenge, name="add-passkey-challenge"),
    path("security/recovery-codes/", factors.recovery_codes, name="recovery-codes"),
    path("security/factors/<int:factor>/rename/", factors.rename_factor, name="rename-factor"),
    path("security/factors/<int:factor>/remove/", factors.remove_factor_page, name="remove-factor"),
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/end-others/", sessions.end_others, name="end-other-sessions"),
    path("sessions/<int:session>/end/", sessions.end_one, name="end-session"),
    path("password/change/", entrance.change_password, name="account_change_password"),
    path("password/set/", entrance.set_password, name="account_set_password"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/examples/", preferences.examples, name="preference-examples"),
    path("consents/", legal.consents, name="consents"),
    path("data/", data.data, name="data"),
    path("data/<uuid:export>/", data.download, name="download-data"),
    path("delete/", data.delete, name="delete-account"),
    path("deleted/", data.deleted, name="account-deleted"),
    path("checklist/hide/", checklist.hide, name="hide-checklist"),
    path("checklist/show/", checklist.show, name="show-checklist"),
    path("mail-addresses/", entrance.emails, name="account_email"),
]

#: The documents, under the names by which other pages link to them.
documents = [
    path("terms/", legal.document, {"document": "terms"}, name="terms"),
    path("privacy/", legal.document, {"document": "privacy"}, name="privacy"),
    path("risk-disclosure/", legal.document, {"document": "risk-disclosure"}, name="risk-disclosure"),
    path("<slug:document>/", legal.document, name="legal-document"),
    path("<slug:document>/<slug:version>/", legal.document, name="legal-version"),
]

workspaces = [
    path("", home.dashboard, name="dashboard"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<uuid:job>/cancel/", jobs.cancel, name="job-cancel"),
    path("audit/", audit.audit, name="audit"),
    path("members/", members.members, name="members"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/unread/", notifications.unread, name="unread-notifications"),
    path("notifications/read/", notifications.read_all, name="read-notifications"),
    path("notifications/<uuid:notification>/read/", notifications.read_one, name="read-notification"),
    path("channels/", channels.channels, name="channels"),
    path("channels/add/", channels.add, name="add-channel"),
    path("channels/<uuid:channel>/", channels.channel, name="channel"),
    path("channels/<uuid:channel>/switch/", channels.switch, name="switch-channel"),
    path("channels/<uuid:channel>/test/", channels.test, name="test-channel"),
    path("channels/<uuid:channel>/remove/", channels.remove, name="remove-channel"),
    path("channels/<uuid:channel>/messages/<uuid:message>/again/", channels.again, name="send-message-again"),
    path("settings/delete/", team_deletion.delete_team, name="delete-team"),
    path("search/", search.search, name="search"),
]

urlpatterns = [
    path("", open_pages.landing, name="landing"),
    path("pricing/", open_pages.pricing, name="pricing"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("home/", home.home, name="home"),
    path("legal/", include(documents)),
    path("demo/mail/", demo_mail.demo_mail, name="demo-mail"),
    path("account/", include(entrances)),
    path("account/", include(persons_own)),
    path("w/<slug:workspace>/", include(workspaces)),
    path("api/v1/", include("accounts.api.urls")),
]
