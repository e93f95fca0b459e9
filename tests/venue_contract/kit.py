"""What a venue brings to the contract: how to make its adapter, its payloads, and what each of them means.

A payload is a file of our own writing, `payloads/<venue>/<act>.<case>.json`:

    {"source": {"document": …, "version": …, "date": …},
     "status": 200, "headers": {…}, "body": …,
     "then": [{"status": …, "body": …}]}

`source` names the official document that the shape was written from. The case is `accepted` or `answered` for what
worked, else the outcome or failure it must come to; several of one kind are told apart by a further word. `then` holds
the further answers of an act that asks more than once, in order.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from exchanges.adapters.wire import Manners, NoManners, WireSession
from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.limits import Act
from exchanges.domain.orders import OrderRef, OrderRequest
from tests.venue_contract.replay import Reply, Request

PAYLOADS = Path(__file__).parent / "payloads"


@dataclass(frozen=True)
class Payload:
    name: str
    source: Mapping[str, str]
    status: int
    headers: Mapping[str, str]
    body: Any
    then: tuple[Mapping[str, Any], ...] = ()

    @property
    def act(self) -> Act:
        return Act(self.name.split(".")[0])

    @property
    def case(self) -> str:
        """Without the further word that tells several of one kind apart."""
        return self.name.split(".")[1].split("-")[0]

    def reply(self, *, manner: str = "whole", change: Callable[[Any], Any] | None = None) -> Reply:
        body = self.body
        if change is not None:
            body = change(json.loads(json.dumps(body)))
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return Reply(self.status, raw, {"Content-Type": "application/json", **self.headers}, manner)

    def replies(self, *, change: Callable[[Any], Any] | None = None) -> list[Reply]:
        """All of them; what is changed is the first."""
        further = (Payload(self.name, self.source, one["status"], {}, one["body"]) for one in self.then)
        return [self.reply(change=change), *(one.reply() for one in further)]


@dataclass(frozen=True)
class Placed:
    """One order as we ask for it and as the venue must see it."""

    order: OrderRequest
    wire: Mapping[str, str]
    #: The payload with which the venue takes it.
    payload: str


@dataclass(frozen=True)
class Asked:
    """One request as the venue must see it, without what signing adds."""

    method: str
    path: str
    sent: Mapping[str, str]


@dataclass(frozen=True)
class Kit:
    facts: VenueFacts
    #: Makes the adapter of an account, asking this address.
    make: Callable[[str, WireSession], Any]
    #: Every order type that is declared native, once at the least.
    placed: tuple[Placed, ...]
    ref: OrderRef
    #: How each act is asked; those of orders excepted.
    asks: Mapping[Act, Callable[[Any], Any]]
    #: What the payload `<act>.answered` must be read as.
    answers: Mapping[str, Any]
    #: What each refusal of an order must be called: payload → our code.
    refusals: Mapping[str, str]
    #: Puts an unknown word where the venue has one: act → change of the `answered` body.
    strange: Mapping[Act, Callable[[Any], Any]]
    #: Recomputes the venue's signature from its document; raises when it is wrong.
    check_signature: Callable[[Request], None]
    #: Parameters and fields that signing adds.
    signing_fields: frozenset[str]
    #: Texts of the credentials that must show nowhere.
    secrets: tuple[str, ...]
    #: Cells that a declared capability has and no document tells a payload for, each with the reason.
    untold: Mapping[str, str] = field(default_factory=dict)
    #: Every request of an act, in order; `find` when there is no such order. Orders themselves are in `placed`.
    sends: Mapping[Act, tuple[Asked, ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.facts.name

    @cached_property
    def payloads(self) -> dict[str, Payload]:
        found = {}
        for path in sorted((PAYLOADS / self.name).glob("*.json")):
            data = json.loads(path.read_text())
            found[path.stem] = Payload(
                path.stem,
                data["source"],
                data["status"],
                data.get("headers", {}),
                data["body"],
                tuple(data.get("then", ())),
            )
        return found

    def venue(self, address: str, *, manners: Manners | None = None, seconds: float = 2) -> Any:
        return self.make(address, WireSession(manners=manners or NoManners(), seconds=seconds))
