from django.urls import include, path

from accounts.views import home

urlpatterns = [
    path("", home.landing, name="landing"),
    path("home/", home.home, name="home"),
    path("account/", include("allauth.account.urls")),
    path("w/<slug:workspace>/", home.dashboard, name="dashboard"),
]
