"""One contract for every adapter: what is asked, what is sent, what each reply comes to. Nothing is ever guessed."""

import json

import pytest

from exchanges.domain.capabilities import Support
from exchanges.domain.failures import (
    ClockOff,
    Contradiction,
    KeyRefused,
    NotNow,
    NotOffered,
    Refused,
    TokenEnded,
    TooMany,
)
from exchanges.domain.limits import Act
from exchanges.domain.outcomes import Absent, Accepted, Done, Found, Rejected, Several, Unknown
from tests.venue_contract.kits import KITS
from tests.venue_contract.replay import Reply, closed_port, serving

FAILURES = {
    "not_now": NotNow,
    "too_many": TooMany,
    "ban": TooMany,
    "key": KeyRefused,
    "token": TokenEnded,
    "clock": ClockOff,
    "refused": Refused,
    "contradiction": Contradiction,
}
ORDER_CASES = {"rejected": Rejected, "unknown": Unknown, "duplicate": Unknown}
HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
#: What may become of any reply on its way. None of them says what became of the order.
TROUBLES = {
    "HTML that says 200": Reply(200, HTML, {"Content-Type": "text/html"}),
    "HTML that says 502": Reply(502, HTML, {"Content-Type": "text/html"}),
    "HTML that says 403": Reply(403, HTML, {"Content-Type": "text/html"}),
    "nothing that says 200": Reply(200, b""),
    "nothing that says 503": Reply(503, b""),
    "nothing that says 504": Reply(504, b""),
    "JSON that ends in the middle": Reply(200, b'{"status": "suc'),
    "JSON of another kind": Reply(200, b'"strange"'),
    "JSON with nothing in it": Reply(200, b"{}"),
    "a bare number": Reply(200, b"1"),
    "a NaN": Reply(200, b'{"price": NaN}'),
    "a bare 429": Reply(429, b"", {"Retry-After": "7"}),
    "a redirect": Reply(302, b"", {"Location": "/elsewhere"}),
    "a body that is cut off": Reply(200, b'{"orderId": 1, "status": "NEW"}', manner="cut"),
    "a connection that is torn down": Reply(manner="reset"),
    "silence": Reply(manner="silent"),
}

kits = pytest.mark.parametrize("kit", KITS.values(), ids=KITS)


@pytest.fixture(scope="module")
def replay():
    with serving() as server:
        yield server


def cells(wanted):
    """(kit, payload) for each payload whose act and case are wanted."""
    found = [
        pytest.param(kit, payload, id=f"{kit.name}-{payload.name}")
        for kit in KITS.values()
        for payload in kit.payloads.values()
        if wanted(payload)
    ]
    return pytest.mark.parametrize(("kit", "payload"), found)


def tell(kit, venue, act):
    """Sends what the act changes, with the kit's own order."""
    match act:
        case Act.PLACE:
            return venue.place(kit.placed[0].order)
        case Act.CANCEL:
            return venue.cancel(kit.ref)
        case Act.MODIFY:
            return kit.asks[Act.MODIFY](venue)


# ---- nothing that is declared is left out ----


@kits
def test_every_declared_act_has_a_payload_for_each_outcome(kit):
    missing = set()
    for act in kit.facts.acts - {Act.STREAM}:
        wanted = {"accepted", "rejected", "unknown"} if act.is_order else {"answered", "not_now"}
        told = {payload.case for payload in kit.payloads.values() if payload.act is act}
        missing |= {f"{act}.{case}" for case in wanted - told} - set(kit.untold)
    assert missing == set()


@kits
def test_every_payload_names_the_document_it_was_written_from(kit):
    for payload in kit.payloads.values():
        assert set(payload.source) == {"document", "version", "date"}, payload.name
        assert all(payload.source.values()), payload.name


@kits
def test_every_payload_is_of_a_kind_that_some_test_asks_for(kit):
    for payload in kit.payloads.values():
        asked = ORDER_CASES.keys() | {"accepted"} if payload.act.is_order else FAILURES.keys() | {"answered", "absent"}
        assert payload.case in asked, payload.name
    assert {*kit.answers, *kit.refusals, *(one.payload for one in kit.placed)} <= set(kit.payloads)


@kits
def test_every_native_order_type_of_every_segment_is_placed(kit):
    native = {
        order_type
        for segment in kit.facts.segments.values()
        for order_type, support in segment.orders.items()
        if support is Support.NATIVE
    }
    assert {one.order.type for one in kit.placed} == native


# ---- orders ----


@pytest.mark.parametrize(
    ("kit", "number"),
    [
        pytest.param(kit, n, id=f"{kit.name}-{n}-{one.order.type}")
        for kit in KITS.values()
        for n, one in enumerate(kit.placed)
    ],
)
def test_order_reaches_the_wire_in_the_venues_own_words_and_is_taken(kit, number, replay):
    placed = kit.placed[number]
    replay.answer(kit.payloads[placed.payload].reply())
    outcome = kit.venue(replay.address).place(placed.order)
    [request] = replay.requests
    assert isinstance(outcome, Accepted), outcome
    assert {name: request.sent.get(name) for name in placed.wire} == dict(placed.wire)
    strange = set(request.sent) - set(placed.wire) - kit.signing_fields
    assert strange == set(), "the SDK added parameters of its own"
    kit.check_signature(request)


@cells(lambda payload: payload.act.is_order and payload.case in ORDER_CASES)
def test_refusal_is_a_refusal_and_doubt_is_doubt(kit, payload, replay):
    replay.answer(payload.reply())
    outcome = tell(kit, kit.venue(replay.address), payload.act)
    assert isinstance(outcome, ORDER_CASES[payload.case]), outcome
    assert outcome.reply.status == payload.status
    assert outcome.reply.text
    if isinstance(outcome, Rejected):
        assert outcome.code == kit.refusals[payload.name]
    else:
        assert outcome.is_duplicate is (payload.case == "duplicate")
    assert len(replay.requests) == 1


@cells(lambda payload: payload.act in {Act.CANCEL, Act.MODIFY} and payload.case == "accepted")
def test_cancel_and_change_are_done(kit, payload, replay):
    replay.answer(payload.reply())
    outcome = tell(kit, kit.venue(replay.address), payload.act)
    assert isinstance(outcome, Done), outcome
    assert outcome == kit.answers.get(payload.name, outcome)
    kit.check_signature(replay.requests[0])


@pytest.mark.parametrize(
    ("kit", "act"),
    [pytest.param(kit, act, id=f"{kit.name}-{act}") for kit in KITS.values() for act in sorted(kit.sends)],
)
def test_act_asks_in_the_venues_own_words_and_no_oftener(kit, act, replay):
    case = "accepted" if act.is_order else "absent" if act is Act.FIND else "answered"
    replay.answer(*kit.payloads[f"{act}.{case}"].replies())
    venue = kit.venue(replay.address)
    if act.is_order:
        tell(kit, venue, act)
    else:
        kit.asks[act](venue)
    told = [
        (one.method, one.path, {name: value for name, value in one.sent.items() if name not in kit.signing_fields})
        for one in replay.requests
    ]
    assert told == [(one.method, one.path, dict(one.sent)) for one in kit.sends[act]]


@kits
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("act", [Act.PLACE, Act.CANCEL, Act.MODIFY])
def test_order_of_which_no_word_came_is_unknown_and_is_sent_once(kit, act, trouble, replay):
    if act not in kit.facts.acts:
        pytest.skip("the venue changes no orders")
    replay.answer(TROUBLES[trouble])
    outcome = tell(kit, kit.venue(replay.address, seconds=0.3), act)
    assert isinstance(outcome, Unknown), outcome
    assert len(replay.requests) == 1


@kits
def test_order_that_never_left_is_refused(kit):
    outcome = kit.venue(closed_port()).place(kit.placed[0].order)
    assert isinstance(outcome, Rejected)
    assert outcome.code.startswith("NOT_SENT")


@kits
def test_order_that_was_taken_in_words_nobody_knows_is_unknown(kit, replay):
    placed = kit.placed[0]
    replay.answer(kit.payloads[placed.payload].reply(change=kit.strange[Act.PLACE]))
    outcome = kit.venue(replay.address).place(placed.order)
    assert isinstance(outcome, Unknown | Several), outcome


# ---- questions ----


@cells(lambda payload: not payload.act.is_order and payload.case == "answered")
def test_answer_is_read_to_the_last_digit(kit, payload, replay):
    replay.answer(*payload.replies())
    answer = kit.asks[payload.act](kit.venue(replay.address))
    expected = kit.answers[payload.name]
    if isinstance(expected, list):
        answer = list(answer)
    assert answer == expected


@cells(lambda payload: not payload.act.is_order and payload.case in FAILURES)
def test_question_that_fails_says_what_to_do(kit, payload, replay):
    replay.answer(*payload.replies())
    with pytest.raises(FAILURES[payload.case]) as failed:
        kit.asks[payload.act](kit.venue(replay.address))
    assert failed.value.venue == kit.name
    assert failed.value.reply.status == payload.status
    if isinstance(failed.value, TooMany):
        assert failed.value.is_ban is (payload.case == "ban")
        after = payload.headers.get("Retry-After")
        assert failed.value.wait == (float(after) if after else 1.0)


@pytest.mark.parametrize(
    ("kit", "act"),
    [
        pytest.param(kit, act, id=f"{kit.name}-{act}")
        for kit in KITS.values()
        for act in sorted(kit.asks)
        if not act.is_order
    ],
)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_question_without_an_answer_is_never_an_empty_answer(kit, act, trouble, replay):
    replay.answer(TROUBLES[trouble])
    with pytest.raises((NotNow, TooMany, Contradiction)):
        kit.asks[act](kit.venue(replay.address, seconds=0.3))


@pytest.mark.parametrize(
    ("kit", "act"),
    [
        pytest.param(kit, act, id=f"{kit.name}-{act}")
        for kit in KITS.values()
        for act in sorted(kit.strange)
        if not act.is_order
    ],
)
def test_word_that_nobody_knows_is_a_contradiction(kit, act, replay):
    replay.answer(*kit.payloads[f"{act}.answered"].replies(change=kit.strange[act]))
    with pytest.raises(Contradiction, match=r"(?i)strange|unreadable|cannot be read"):
        kit.asks[act](kit.venue(replay.address))


@kits
def test_order_is_found_by_our_mark_or_said_to_be_absent(kit, replay):
    replay.answer(*kit.payloads["find.answered"].replies())
    found = kit.asks[Act.FIND](kit.venue(replay.address))
    assert isinstance(found, Found)
    assert found.report.mark == kit.ref.mark
    replay.answer(*kit.payloads["find.absent"].replies())
    assert isinstance(kit.asks[Act.FIND](kit.venue(replay.address)), Absent)


@kits
def test_act_that_is_not_declared_is_never_asked(kit, replay):
    replay.answer(Reply())
    venue = kit.venue(replay.address)
    for act, ask in {Act.HOLDINGS: "holdings", Act.POSITIONS: "positions", Act.MARGINS: "margins"}.items():
        if act not in kit.facts.acts:
            with pytest.raises(NotOffered):
                getattr(venue, ask)()
    assert replay.requests == []


# ---- secrets ----


@kits
def test_no_failure_and_no_outcome_shows_the_key(kit, replay, caplog):
    caplog.set_level("DEBUG")
    shown = []
    for trouble in TROUBLES.values():
        replay.answer(trouble)
        venue = kit.venue(replay.address, seconds=0.3)
        shown.append(repr(venue.place(kit.placed[0].order)))
        try:
            venue.open_orders()
        except (NotNow, TooMany, Contradiction) as error:
            shown.append(repr(error) + str(error))
    everything = json.dumps(shown) + caplog.text
    for secret in kit.secrets:
        assert secret not in everything
