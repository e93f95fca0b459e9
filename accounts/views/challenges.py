"""What a page asks the browser's passkeys: a challenge kept in the session, answered once in a form's hidden field."""

import json
from typing import Any

from django.http import HttpRequest, JsonResponse

from accounts.services.passkeys import BadPasskey, Challenge, State

_KEY = "passkey_challenge"
MOST_ANSWER = 50_000


def ask(request: HttpRequest, challenge: Challenge) -> JsonResponse:
    """The options for the page's script; the state waits in the session."""
    request.session[_KEY] = challenge.state
    response = JsonResponse(challenge.options)
    response["Cache-Control"] = "no-store"
    return response


def answer_of(request: HttpRequest) -> tuple[State, Any]:
    """The challenge that was asked and what the browser answered; the challenge is gone from the session."""
    state = request.session.pop(_KEY, None)
    given = request.POST.get("credential", "")
    if state is None:
        raise BadPasskey("The question to your passkey was not asked by this page, or was answered already. Try again.")
    if len(given) > MOST_ANSWER:
        raise BadPasskey("The browser's answer could not be read. Try again.")
    try:
        answer = json.loads(given)
    except (ValueError, RecursionError) as error:
        raise BadPasskey("The browser's answer could not be read. Try again.") from error
    if not isinstance(answer, dict):
        raise BadPasskey("The browser's answer could not be read. Try again.")
    return state, answer
