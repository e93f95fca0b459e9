"""The documents, for everybody to read, and what the person accepted."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain.documents import Document, Moment, UnknownDocument, document_named, documents
from accounts.domain.jurisdictions import notices_for
from accounts.doors import person_page
from accounts.models import Person
from accounts.selectors import consents_of, documents_waiting
from accounts.services.consents import StaleVersion, accept_documents
from kernel import clock
from kernel.api.addresses import visitor_address


@require_safe
def document(request: HttpRequest, document: str, version: str = "") -> HttpResponse:
    try:
        found = document_named(document)
        template = found.template(version or found.current)
    except UnknownDocument as error:
        raise Http404("There is no such document.") from error
    country = getattr(request.user, "country", "")
    context = {
        "document": found,
        "version": version or found.current,
        "words": template,
        "operator": settings.OPERATOR_NAME,
        "contact": settings.OPERATOR_CONTACT,
        "site": settings.SITE_ADDRESS,
        "notices": notices_for(country, is_self_hosted=settings.SELF_HOSTED) if found.name == "risk-disclosure" else [],
    }
    return render(request, "legal/document.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def consents(request: HttpRequest) -> HttpResponse:
    """What waits to be accepted, and what was accepted when."""
    person, status = cast(Person, request.user), 200
    if request.method == "POST":
        names = {one.name for one in documents()}
        versions = {
            name: request.POST.get(f"version_{name}", "") for name in request.POST.getlist("document") if name in names
        }
        try:
            if not versions:
                raise StaleVersion("Tick what you accept, then send it.")
            accept_documents(person=person, versions=versions, address=visitor_address(request), now=clock.now())
        except StaleVersion as error:
            messages.error(request, str(error))
            status = 422
        else:
            messages.success(request, "Accepted. It stands below with its date.")
            return redirect(_way_back(request))
    waiting = {moment: documents_waiting(person, moment) for moment in Moment}
    given = [(one, _title_of(one.document)) for one in consents_of(person)]
    context = {
        "now_due": waiting[Moment.SIGN_UP],
        "later_due": waiting[Moment.LIVE_TRADING],
        "given": given,
        "next": _way_back(request),
    }
    return render(request, "accounts/consents.html", context, status=status)


def _title_of(name: str) -> str:
    found: Document | None = next((one for one in documents() if one.name == name), None)
    return found.title if found else name


def _way_back(request: HttpRequest) -> str:
    given = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = given.startswith("/") and url_has_allowed_host_and_scheme(given, allowed_hosts=None)
    return given if is_ours else "/account/consents/"
