from django.urls import path

from exchanges.api import views

urlpatterns = [
    path("exchanges", views.Exchanges.as_view(), name="api-exchanges"),
    path("connections", views.Connections.as_view(), name="api-connections"),
    path("connections/<uuid:connection>", views.OneConnection.as_view(), name="api-connection"),
    path("user/balance", views.Balance.as_view(), name="api-balance"),
]
