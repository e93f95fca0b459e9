"""A log line carries its ids, and no secret, whatever way that came in."""

import io
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as some

from accounts.domain.token_text import TokenText
from kernel.encryption.secret import Secret
from kernel.logs.context import bind_ids, forget_ids
from kernel.logs.scrubber import MASK, scrub, scrub_text
from kernel.logs.setup import configure, get_logger


@pytest.fixture
def lines():
    """What the process would have written, as JSON."""
    configure({"format": "json", "level": "INFO"})
    handler = logging.getLogger().handlers[0]
    handler.stream = io.StringIO()
    yield lambda: [json.loads(line) for line in handler.stream.getvalue().splitlines()]
    forget_ids()
    configure({"format": "text", "level": "WARNING"})


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdefgh12345678",
        "postgres://plumbline_app:hunter2hunter2@db/plumbline",
        "redis://:hunter2hunter2@cache:6379/0",
        "GET /x?api_key=hunter2hunter2&b=1",
        "{'password': 'hunter2hunter2'}",
        "sk_live_hunter2hunter2",
        "whsec_hunter2hunter2",
        "-----BEGIN PRIVATE KEY-----\nhunter2hunter2\n-----END PRIVATE KEY-----",
    ],
)
def test_text_that_looks_like_a_secret_is_masked(text):
    masked = scrub_text(text)
    assert MASK in masked
    assert "hunter2" not in masked
    assert "abcdefgh12345678" not in masked


@given(some.builds(TokenText.make))
def test_token_is_masked_but_for_its_prefix(token):
    masked = scrub_text(f"used {token} twice")
    assert token.prefix in masked
    assert token.secret not in masked


@pytest.mark.parametrize(
    "name", ["password", "api_key", "apiKey", "secret", "access_token", "Cookie", "otp", "signature"]
)
def test_value_of_a_telling_name_is_masked_however_deep(name):
    assert scrub({"a": [{name: "hunter2"}]}) == {"a": [{name: MASK}]}


@pytest.mark.parametrize("name", ["token_id", "token_prefix", "credential_id", "secret_count"])
def test_ids_and_counts_stay(name):
    assert scrub({name: "01a1"}) == {name: "01a1"}


def test_line_carries_the_bound_ids(lines):
    bind_ids(request="r1", workspace="w1", person="p1")
    get_logger("tests").info("thing.done", order="o1")
    line = lines()[0]
    assert {name: line[name] for name in ("event", "request", "workspace", "person", "order", "level")} == {
        "event": "thing.done",
        "request": "r1",
        "workspace": "w1",
        "person": "p1",
        "order": "o1",
        "level": "info",
    }


def test_secrets_in_events_library_lines_and_tracebacks_are_masked(lines):
    get_logger("tests").info("key.saved", key=Secret("hunter2hunter2"), api_key="hunter2hunter2")
    logging.getLogger("some.library").warning("calling %s", "https://x/?token=hunter2hunter2")
    try:
        raise RuntimeError("password='hunter2hunter2'")
    except RuntimeError:
        get_logger("tests").exception("call.failed")
    assert len(lines()) == 3
    assert "hunter2" not in json.dumps(lines())
    assert "RuntimeError" in lines()[2]["exception"]


def test_request_is_one_line_and_answers_with_its_id(lines, client, db):
    answer = client.get("/", headers={"X-Request-ID": "from-the-proxy-1"})
    assert answer["X-Request-ID"] == "from-the-proxy-1"
    line = lines()[0]
    assert (line["event"], line["request"], line["path"], line["status"]) == (
        "request.ended",
        "from-the-proxy-1",
        "/",
        200,
    )


@pytest.mark.parametrize("given_id", ["short", "x" * 65, "with spaces in it", "new\tline-in-it"])
def test_request_id_that_could_forge_a_line_is_replaced(client, db, given_id):
    answer = client.get("/healthz", headers={"X-Request-ID": given_id})
    assert answer["X-Request-ID"] != given_id
    assert len(answer["X-Request-ID"]) == 32
