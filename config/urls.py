"""Every address of Plumbline. Each app brings its own pages, workspace pages and API routes."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("kernel.urls")),
    path("", include("accounts.urls")),
    path("", include("instruments.urls")),
    path("", include("exchanges.urls")),
    path("operator/", admin.site.urls),
]

handler400 = "kernel.views.errors.bad_request"
handler403 = "kernel.views.errors.permission_denied"
handler404 = "kernel.views.errors.not_found"
handler500 = "kernel.views.errors.server_error"
