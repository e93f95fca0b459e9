"""The other site that people may log in with, while the operator names one; without it none of its pages are there."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from accounts.adapters.openid import Site
from kernel.encryption.secret import Secret

View = Callable[..., HttpResponse]


class NoOtherSite(ValueError):
    """None is named. allauth takes a ValueError for a log-in that cannot go on."""


def other_site() -> Site:
    if not settings.OIDC_NAME:
        raise NoOtherSite
    return Site(settings.OIDC_NAME, settings.OIDC_SERVER, settings.OIDC_CLIENT_ID, Secret(settings.OIDC_CLIENT_SECRET))


def provider_of(request: HttpRequest | None, site: Site) -> OpenIDConnectProvider:
    """The site as allauth knows it. Its rows go by the server, for a subject is somebody there alone.

    The secret stays out: accounts.adapters.openid speaks with the site, not allauth.
    """
    app = SocialApp(
        provider=OpenIDConnectProvider.id,
        provider_id=site.server,
        name=site.name,
        client_id=site.client_id,
        settings={"server_url": site.server},
    )
    return OpenIDConnectProvider(request, app=app)


def needs_other_site(view: View) -> View:
    """There is nothing at the address while no other site is named."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.OIDC_NAME:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
