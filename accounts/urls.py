from django.urls import include, path, re_path

from accounts.views import (
    audit,
    confirm,
    entrance,
    factors,
    home,
    invitations,
    jobs,
    members,
    open_pages,
    rooms,
    search,
    second_factor,
    security,
    sessions,
    stop,
    styleguide,
    tokens,
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
    path("mail-addresses/", entrance.emails, name="account_email"),
    path("workspaces/", rooms.workspaces, name="workspaces"),
    path("workspaces/switch/", rooms.switch, name="switch-workspace"),
]

#: An invitation is looked at before one is anybody here.
invited = [
    path("invitation/", invitations.invitation, name="invitation"),
    path("invitation/<str:secret>/", invitations.open_link, name="open-invitation"),
]

workspaces = [
    path("", home.dashboard, name="dashboard"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<uuid:job>/cancel/", jobs.cancel, name="job-cancel"),
    path("audit/", audit.audit, name="audit"),
    path("audit/trail.csv", audit.export, {"form": "csv"}, name="audit-csv"),
    path("audit/trail.json", audit.export, {"form": "json"}, name="audit-json"),
    path("members/", members.members, name="members"),
    path("members/invite/", invitations.invite, name="invite"),
    path("members/leave/", members.leave, name="leave"),
    path("members/<uuid:member>/", members.member, name="member"),
    path("members/<uuid:member>/remove/", members.remove, name="member-remove"),
    path("members/<uuid:member>/hand-over/", members.hand_over, name="member-hand-over"),
    path("invitations/<uuid:invitation>/send-again/", invitations.send_again, name="invitation-send-again"),
    path("invitations/<uuid:invitation>/revoke/", invitations.revoke, name="invitation-revoke"),
    path("settings/", rooms.settings, name="workspace-settings"),
    path("settings/networks/", rooms.networks, name="workspace-networks"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/new/", tokens.new_token, name="token-new"),
    path("tokens/<uuid:token>/revoke/", tokens.revoke, name="token-revoke"),
    path("stop/", stop.stop, name="stop"),
    path("search/", search.search, name="search"),
]

urlpatterns = [
    path("", open_pages.landing, name="landing"),
    path("pricing/", open_pages.pricing, name="pricing"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("home/", home.home, name="home"),
    path("account/", include(entrances)),
    path("account/", include(persons_own)),
    path("account/", include(invited)),
    path("w/<slug:workspace>/", include(workspaces)),
    path("api/v1/", include("accounts.api.urls")),
]
