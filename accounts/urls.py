from django.urls import include, path, re_path

from accounts.views import audit, home, jobs, members, open_pages, search, styleguide

urlpatterns = [
    path("", open_pages.landing, name="landing"),
    path("home/", home.home, name="home"),
    path("pricing/", open_pages.pricing, name="pricing"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    # Sign-up, reset and the rest open with pages of their own; until then allauth's bare ones stay shut.
    re_path(r"^account/(?!(?:login|logout)/$)", home.not_open_yet, name="not-open-yet"),
    path("account/", include("allauth.account.urls")),
    path("w/<slug:workspace>/", home.dashboard, name="dashboard"),
    path("w/<slug:workspace>/jobs/", jobs.jobs, name="jobs"),
    path("w/<slug:workspace>/jobs/<uuid:job>/cancel/", jobs.cancel, name="job-cancel"),
    path("w/<slug:workspace>/audit/", audit.audit, name="audit"),
    path("w/<slug:workspace>/members/", members.members, name="members"),
    path("w/<slug:workspace>/search/", search.search, name="search"),
    path("api/v1/", include("accounts.api.urls")),
]
