from django.urls import include, path

from exchanges.views import connections, health, logins, paper, postbacks

rooms = [
    path("connections/", connections.connections, name="connections"),
    path("connections/add/", connections.choose, name="choose-venue"),
    path("connections/add/paper/paper/", paper.add, name="add-paper"),
    path("connections/add/<slug:venue>/sandbox/new/", connections.make_pretended, name="make-sandbox-account"),
    path("connections/add/<slug:venue>/live/", connections.add_live, name="add-live-connection"),
    path("connections/add/<slug:venue>/<slug:mode>/", connections.add_pretended, name="add-connection"),
    path("connections/<uuid:connection>/", connections.connection, name="connection"),
    path("connections/<uuid:connection>/check/", connections.check, name="check-connection"),
    path("connections/<uuid:connection>/log-in/", logins.log_in, name="log-in-at-venue"),
    path("connections/<uuid:connection>/key/", connections.change, name="change-key"),
    path("connections/<uuid:connection>/close/", connections.close, name="close-connection"),
    path("connections/health/", health.health, name="venue-health"),
    path("holdings/", connections.holdings, name="holdings"),
]

urlpatterns = [
    path("w/<slug:workspace>/", include(rooms)),
    # One for the whole instance: people register it at the venue, by its letters.
    path("account/venue-log-in/back/", logins.come_back, name="venue-log-in-back"),
    path("hooks/kite/<uuid:connection>/", postbacks.kite, name="kite-postback"),
    path("api/v1/", include("exchanges.api.urls")),
]
