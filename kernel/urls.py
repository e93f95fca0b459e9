from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from kernel.api.limits import AddressRate
from kernel.views import health, reference

schema = SpectacularAPIView.as_view(authentication_classes=(), permission_classes=(), throttle_classes=(AddressRate,))

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("api/v1/schema", schema, name="api-schema"),
    path("api/v1/docs", reference.reference, name="api-docs"),
]
