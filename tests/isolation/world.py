"""The victim's workspace with one row of everything, each wearing a mark, and those who would like to see it."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from accounts.doors import access_of
from accounts.kill_switch import Level, State
from accounts.models import (
    ApiToken,
    Invitation,
    KillSwitch,
    Membership,
    NoticeMessage,
    Notification,
    NotificationChannel,
    Person,
    Workspace,
)
from accounts.models.workspace import Role
from accounts.services.audit import record
from accounts.services.tokens import create_token
from accounts.services.workspaces import add_member, create_workspace
from exchanges.models import (
    Account,
    Connection,
    Listening,
    Opening,
    PaperBalance,
    PaperBook,
    PaperFill,
    PaperOrder,
    Postback,
    Snapshot,
    VenueLogin,
)
from exchanges.vault import put_away
from instruments.models import AlertFiring, CheckedSeries, Instrument, Listing, PriceAlert, Watchlist, WatchlistEntry
from instruments.services.catalogue import refresh_listings
from kernel.encryption.secret import Secret
from kernel.idempotency.keys import Answered, Asked, answer_once
from kernel.jobs.models import Job
from kernel.jobs.services import start_job
from kernel.outgoing.deliveries import queue_delivery
from kernel.outgoing.models import DeliveryAttempt
from kernel.tenancy.access import Right
from kernel.tenancy.scope import operator, tenant
from tests.factories.people import PersonFactory
from tests.instruments.telling import spot

MARK = "Zq7VictimMark"
NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


@dataclass(frozen=True)
class World:
    """alice owns the victim's workspace, bob may look there, charlie has a workspace of his own."""

    alice: Person
    bob: Person
    charlie: Person
    victims: Workspace
    strangers: Workspace
    alices_token: Secret
    bobs_token: Secret
    charlies_token: Secret
    job: Job
    switch: KillSwitch
    member: Membership
    invitation: Invitation
    token: ApiToken
    #: A series of bars, which is everybody's.
    series: CheckedSeries
    #: The victim's value for each name in a path that leads to what is one member's own.
    person_rows: dict[str, str]

    def path_values(self) -> dict[str, str]:
        """The victim's value for each name that a route may take in its path. A new name needs a line here."""
        return {
            "workspace": self.victims.slug,
            "job": str(self.job.pk),
            "member": str(self.member.pk),
            "invitation": str(self.invitation.pk),
            "token": str(self.token.pk),
            "series": str(self.series.pk),
            **self.person_rows,
        }

    def live_rows(self) -> dict[str, UUID]:
        """The victim's row of each live kind. A new kind needs a line here."""
        return {
            "job": self.job.pk,
            "kill_switch": self.switch.pk,
            "notification": UUID(self.person_rows["notification"]),
            "connection": UUID(self.person_rows["connection"]),
            "snapshot": UUID(self.person_rows["snapshot"]),
            "price_alert": UUID(self.person_rows["alert"]),
        }

    def sent_values(self) -> dict[str, str]:
        """What an intruder knows and puts into queries and bodies."""
        return {
            **self.path_values(),
            "workspace_id": str(self.victims.pk),
            "person": str(self.alice.pk),
            "ids": str(self.job.pk),
            "id": str(self.job.pk),
            "kind": "accounts.check_audit",
            "search": MARK,
            # What a page repeats of the question must not look like an answer: no mark in it.
            "q": "Alice",
            "before": "999999",
        }


def build_world() -> World:
    refresh_listings(venue="binance", listings=[spot()], now=NOW)
    alice = PersonFactory(email="alice@example.org", name=f"Alice {MARK}")
    bob = PersonFactory(email="bob@example.org", name="Bob")
    charlie = PersonFactory(email="charlie@example.org", name="Charlie")
    victims = create_workspace(owner=alice, name=f"Team {MARK}", kind=Workspace.Kind.TEAM, now=NOW, can_trade=True)
    strangers = create_workspace(owner=charlie, name="Own", kind=Workspace.Kind.PERSONAL, now=NOW, can_trade=True)
    with tenant(victims.pk):
        member = add_member(workspace=victims, person=bob, role=Role.VIEWER, now=NOW)
        job = start_job("accounts.check_audit", title=f"Job {MARK}", now=NOW, requested_by=alice.pk)
        Notification.objects.create(workspace=victims, person=alice, event="x", title=f"Note {MARK}", created_at=NOW)
        # Without the notices that a real stop sends: the reader has none of his own, so none of his may change.
        halted = {"level": Level.ACCOUNT, "key": MARK, "state": State.HALTED, "reason": MARK}
        switch = KillSwitch.objects.create(**halted, workspace=victims, set_by=alice, set_at=NOW)
        person_rows = _fill_further_tables(victims, alice)
        record("thing.done", now=NOW, person_id=alice.pk, target=MARK)
        alices_token, bobs_token = _token(alice, f"Token {MARK}"), _token(bob)
        invitation, token = Invitation.objects.get(), ApiToken.objects.get(person=alice)
    with tenant(strangers.pk):
        charlies_token = _token(charlie)
    return World(
        alice=alice,
        bob=bob,
        charlie=charlie,
        victims=victims,
        strangers=strangers,
        alices_token=alices_token,
        bobs_token=bobs_token,
        charlies_token=charlies_token,
        job=job,
        switch=switch,
        member=member,
        invitation=invitation,
        token=token,
        series=_series(),
        person_rows=person_rows,
    )


def _series() -> CheckedSeries:
    """A row of the platform, seen by all alike and so without the mark."""
    with operator():
        looked = {"checked_at": NOW, "first_start": NOW, "last_start": NOW, "bars": 1, "score": 100.0}
        return CheckedSeries.objects.create(listing=Listing.objects.get(), interval="1d", **looked)


def _fill_further_tables(workspace: Workspace, person: Person) -> dict[str, str]:
    """One marked row in every tenant table that the lines above leave empty; the keys of the member's own."""
    channel = NotificationChannel.objects.create(
        workspace=workspace,
        person=person,
        kind=NotificationChannel.Kind.WEBHOOK,
        label=MARK,
        address=Secret(f"https://example.org/{MARK}"),
        secret=Secret(MARK * 2),
        created_at=NOW,
    )
    notification = Notification.objects.get(title=f"Note {MARK}")
    message = NoticeMessage.objects.create(
        notification=notification,
        channel=channel,
        kind=channel.kind,
        next_attempt_at=NOW,
        created_at=NOW,
    )
    start_job("instruments.collect", title=f"Collect {MARK}", now=NOW, requested_by=person.pk)
    Invitation.objects.create(
        workspace=workspace,
        email=f"{MARK.lower()}@example.org",
        role=Role.TRADER,
        digest=b"i" * 32,
        invited_by=person,
        created_at=NOW,
        expires_at=NOW + dt.timedelta(days=36_500),
    )
    delivery = queue_delivery(event=MARK, url=Secret(f"https://example.org/{MARK}"), body=f'"{MARK}"', now=NOW)
    DeliveryAttempt.objects.create(delivery_id=delivery.pk, number=1, at=NOW, milliseconds=1, answer=MARK)
    asked = Asked(key=MARK, method="POST", address=f"/{MARK}", body=b"")
    answer_once(asked, do=lambda: Answered(200, {}, MARK.encode()), keeps=lambda _: True, is_money=True, now=NOW)
    told = {"notification": str(notification.pk), "channel": str(channel.pk), "message": str(message.pk)}
    return {**told, **_connect(workspace, person)}


def _connect(workspace: Workspace, person: Person) -> dict[str, str]:
    """A sandbox connection with a marked row in each table of exchanges."""
    connection = Connection.objects.create(
        workspace=workspace, venue="binance", mode="sandbox", name=MARK, met_words=MARK, added_by=person, added_at=NOW
    )
    put_away(connection, {"api_key": MARK, "secret": MARK}, now=NOW)
    account = Account.objects.create(
        workspace=workspace, connection=connection, name=MARK, mode="sandbox", opened_at=NOW, opening_at=NOW
    )
    Postback.objects.create(workspace=workspace, connection=connection, body=MARK, digest=MARK, received_at=NOW)
    VenueLogin.objects.create(
        workspace=workspace,
        connection=connection,
        begun_by=person,
        session_digest=MARK,
        state="failed",
        words=MARK,
        began_at=NOW,
        back_at=NOW,
    )
    Opening.objects.create(workspace=workspace, account=account, asset=MARK, quantity=1, source=MARK, at=NOW)
    Listening.objects.create(workspace=workspace, connection=connection, heard_at=NOW, trouble=MARK)
    snapshot = Snapshot.objects.create(
        workspace=workspace,
        account=account,
        kind="balances",
        rows=[{"asset": MARK, "free": "1", "held": "0"}],
        taken_at=NOW,
    )
    _trade_on_paper(workspace, account)
    watched = _watch(workspace, person)
    return {
        **watched,
        "connection": str(connection.pk),
        "snapshot": str(snapshot.pk),
        "venue": "binance",
        "mode": "sandbox",
    }


def _watch(workspace: Workspace, person: Person) -> dict[str, str]:
    """A marked watchlist and a marked alert, on an instrument that is everybody's."""
    instrument = Instrument.objects.get(code="BTC/USDT")
    listing = instrument.listings.get()
    watchlist = Watchlist.objects.create(workspace=workspace, name=MARK, made_at=NOW)
    entry = WatchlistEntry.objects.create(workspace=workspace, watchlist=watchlist, instrument=instrument, added_at=NOW)
    alert = PriceAlert.objects.create(
        workspace=workspace, listing=listing, kind="above", threshold=1, note=MARK, made_by=person, made_at=NOW
    )
    AlertFiring.objects.create(workspace=workspace, alert=alert, words=MARK, fired_at=NOW)
    return {
        "instrument": str(instrument.pk),
        "listing": str(listing.pk),
        "watchlist": str(watchlist.pk),
        "entry": str(entry.pk),
        "alert": str(alert.pk),
        "calendar": "always",
    }


def _trade_on_paper(workspace: Workspace, account: Account) -> None:
    """A marked row in each table of paper accounts."""
    whose = {"workspace": workspace, "account": account}
    PaperBook.objects.create(**whose)
    PaperBalance.objects.create(**whose, asset=MARK, total=1)
    order = PaperOrder.objects.create(
        **whose,
        number=1,
        mark=MARK,
        symbol=MARK,
        base=MARK,
        side="buy",
        type="limit",
        lasting="gtc",
        product="none",
        unit="base",
        quantity=2,
        filled=1,
        status="partial",
        reason=MARK,
        placed_at=NOW,
        changed_at=NOW,
    )
    figures = {"price": 1, "quantity": 1, "moved": 1, "fee": 0}
    PaperFill.objects.create(
        **whose, **figures, number=1, order=order, fee_in=MARK, is_maker=True, at=NOW, made_from={"source": MARK}
    )


def _token(person: Person, name: str = "Sweep") -> Secret:
    """A token with every scope that lives long; what its person may not do, it may not do either."""
    access = access_of(Membership.objects.get(person=person))
    _, secret = create_token(access=access, name=name, scopes=set(Right), now=NOW, lifetime=dt.timedelta(days=36_500))
    assert ApiToken.objects.exists()
    return secret
