"""A form that was sent a moment too early: sealed into the session, and sent on once its sender has proven himself."""

import copy
import datetime as dt
import json

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, resolve

from accounts.models import Person
from accounts.proofs import FRESH
from kernel.encryption.envelope import Envelope, seal, unseal
from kernel.encryption.keyring import UnknownKey, WrongKey, key_ring
from kernel.encryption.secret import Secret

_KEY = "suspended_form"
#: A page's form is far smaller; what is larger is typed again.
MOST_BYTES = 60_000


def suspend(request: HttpRequest, person: Person, *, now: dt.datetime) -> bool:
    """Keeps the form that this request brought; False when it is too large or carries files."""
    fields = request.POST.urlencode()
    if request.FILES or len(fields) > MOST_BYTES:
        return False
    kept = json.dumps({"path": request.get_full_path(), "fields": fields, "at": now.isoformat()})
    request.session[_KEY] = str(seal(Secret(kept), key_ring(), _owner(person)))
    return True


def resume(request: HttpRequest, person: Person, *, now: dt.datetime) -> HttpResponse | None:
    """The answer to the form that waited, or None when none did or it waited too long."""
    sealed = request.session.pop(_KEY, None)
    if sealed is None:
        return None
    try:
        kept = json.loads(unseal(Envelope.parse(sealed), key_ring(), _owner(person)).reveal())
    except (UnknownKey, WrongKey):
        # Rotation re-wraps columns, not sessions: its key has left the ring meanwhile.
        return None
    if now - dt.datetime.fromisoformat(kept["at"]) > FRESH:
        return None
    path, _, query = kept["path"].partition("?")
    try:
        match = resolve(path)
    except Resolver404:
        return None
    again = copy.copy(request)
    again.method, again.path, again.path_info, again.resolver_match = "POST", path, path, match
    again.META = {**request.META, "QUERY_STRING": query, "PATH_INFO": path, "REQUEST_METHOD": "POST"}
    again.GET, again.POST = QueryDict(query), QueryDict(kept["fields"])
    return match.func(again, *match.args, **match.kwargs)


def _owner(person: Person) -> tuple[str, ...]:
    return ("plumbline", "suspended form", str(person.pk))
