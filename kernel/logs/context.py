"""The ids that every log line of a request or task carries."""

import structlog


def bind_ids(**ids: object) -> None:
    """Adds ids (person, workspace, token) to every later log line of this request or task."""
    structlog.contextvars.bind_contextvars(**{name: str(value) for name, value in ids.items()})


def forget_ids() -> None:
    """The next request or task of this thread begins without the ids of the last one."""
    structlog.contextvars.clear_contextvars()
