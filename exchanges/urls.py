from django.urls import include, path

from exchanges.views import connections

rooms = [
    path("connections/", connections.connections, name="connections"),
    path("connections/add/", connections.choose, name="choose-venue"),
    path("connections/add/<slug:venue>/live/", connections.add_live, name="add-live-connection"),
    path("connections/add/<slug:venue>/<slug:mode>/", connections.add_pretended, name="add-connection"),
    path("connections/<uuid:connection>/", connections.connection, name="connection"),
    path("connections/<uuid:connection>/check/", connections.check, name="check-connection"),
    path("connections/<uuid:connection>/key/", connections.change, name="change-key"),
    path("connections/<uuid:connection>/close/", connections.close, name="close-connection"),
    path("holdings/", connections.holdings, name="holdings"),
]

urlpatterns = [
    path("w/<slug:workspace>/", include(rooms)),
    path("api/v1/", include("exchanges.api.urls")),
]
