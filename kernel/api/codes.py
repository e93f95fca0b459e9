"""Every code that a problem may carry, and what to do about it. Codes are stable; words may change."""

CODES: dict[str, str] = {
    "BAD_REQUEST": "The request could not be read. Look at its first line and headers.",
    "BAD_CONTENT_LENGTH": "Content-Length is not a number.",
    "BODY_TOO_LARGE": "The body is larger than is taken. Send less at once.",
    "BAD_CURSOR": "The cursor of the page is not one that was answered. Begin again without it.",
    "UNREADABLE_BODY": "The body is not JSON. Numbers such as NaN are not JSON either.",
    "INVALID": "Some fields are not right; `fields` names each one and why.",
    "NOT_AUTHENTICATED": "No token was sent. Send `Authorization: Bearer pl_…`.",
    "BAD_TOKEN": "The token is unknown, expired, revoked, or not for this address.",
    "NOT_ALLOWED": "The token's person or its scopes do not hold the right that this needs.",
    "STEP_UP_REQUIRED": "This asks for a second factor, which a token cannot give. Do it on the page.",
    "ADDRESS_NOT_ALLOWED": "The workspace is open to certain addresses alone, and the caller's is not among them.",
    "NOT_FOUND": "There is nothing by that key in the token's workspace.",
    "METHOD_NOT_ALLOWED": "This address does not take that method; `Allow` names those it takes.",
    "NOT_ACCEPTABLE": "Only application/json can be answered.",
    "UNSUPPORTED_MEDIA_TYPE": "Only application/json is taken.",
    "TOO_MANY_REQUESTS": "Too many calls. Wait as long as `Retry-After` says.",
    "FORM_EXPIRED": "A page's form is older than its session. Load the page again.",
    "JOB_ENDED": "The job had already ended, so it cannot be stopped.",
    "IDEMPOTENCY_KEY_MISSING": "This moves money: send `Idempotency-Key`, a text of your own, new for each act.",
    "IDEMPOTENCY_KEY_MALFORMED": "An `Idempotency-Key` has 1 to 255 visible ASCII characters.",
    "IDEMPOTENCY_IN_PROGRESS": "A request with this key is being worked on. Ask again shortly with the same key.",
    "IDEMPOTENCY_KEY_REUSED": "This key was used for another request. Take a new one.",
    "MAINTENANCE": "The operator has closed the instance for a while. Wait as long as `Retry-After` says.",
    "SERVER_ERROR": "Something failed on our side. It was recorded under `request`.",
}


def add_codes(codes: dict[str, str]) -> None:
    """Further codes of an app, named in its `ready()`."""
    twice = CODES.keys() & codes.keys()
    if twice:
        raise ValueError(f"problem codes declared twice: {', '.join(sorted(twice))}")
    CODES.update(codes)
