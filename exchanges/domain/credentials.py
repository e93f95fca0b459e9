"""What a venue wants to know before it lets anybody in. The scheme also draws the form."""

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo


class CredentialKind(StrEnum):
    NOTHING = "nothing"
    #: Each request is signed with a key that stays.
    SIGNED_KEY = "signed_key"
    #: Each request carries a token made from a private key.
    REQUEST_TOKEN = "request_token"  # noqa: S105 - a kind, no token
    #: Access and refresh tokens; a machine renews them until the refresh token ends.
    REFRESHED_TOKEN = "refreshed_token"  # noqa: S105
    #: A token that the person fetches in a browser, each day or week.
    BROWSER_TOKEN = "browser_token"  # noqa: S105
    #: A live session of a gateway that the person runs and logs in to.
    GATEWAY_SESSION = "gateway_session"


class Bound(StrEnum):
    """Whether orders are taken from registered addresses only."""

    NO = "no"
    #: The key may be bound to addresses, and should be.
    OPTIONAL = "optional"
    #: Orders are taken from the account's own registered address only.
    ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class CredentialField:
    name: str
    label: str
    is_secret: bool
    help: str = ""
    #: What a well-formed value looks like; a wrong one is refused before it is sent anywhere.
    pattern: str = ""
    is_long: bool = False
    is_optional: bool = False

    def fault(self, value: str) -> str | None:
        """What is wrong with the value, in words; None when nothing can be seen from here."""
        if not value:
            return None if self.is_optional else f"{self.label} is missing."
        if value != value.strip():
            return f"{self.label} begins or ends with a space. Copy it again."
        if self.pattern and not re.fullmatch(self.pattern, value, re.DOTALL):
            return f"{self.label} does not look like one. {self.help}".strip()
        return None


@dataclass(frozen=True, slots=True)
class DailyEnd:
    """The token dies at this time of the venue's day."""

    at: dt.time
    zone: str

    def day_began(self, moment: dt.datetime) -> dt.datetime:
        """Midnight there."""
        there = moment.astimezone(ZoneInfo(self.zone))
        return there.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(dt.UTC)

    def after(self, moment: dt.datetime) -> dt.datetime:
        """The first such end that comes after the moment."""
        there = moment.astimezone(ZoneInfo(self.zone))
        end = dt.datetime.combine(there.date(), self.at, ZoneInfo(self.zone))
        if end <= there:
            end = dt.datetime.combine(there.date() + dt.timedelta(days=1), self.at, ZoneInfo(self.zone))
        return end.astimezone(dt.UTC)


@dataclass(frozen=True, slots=True)
class TokenLife:
    """How long a login lasts. Nothing set: until it is revoked."""

    access: dt.timedelta | None = None
    #: After this a person must log in again, whatever a machine does.
    hard_end: dt.timedelta | None = None
    daily_end: DailyEnd | None = None
    #: The session dies when nothing was asked for so long.
    idle: dt.timedelta | None = None
    #: Logging in elsewhere may end it.
    is_single: bool = False
    #: The token may arrive by the venue's call to us, after the person approved on a phone.
    comes_by_webhook: bool = False

    @property
    def needs_person(self) -> bool:
        return self.daily_end is not None or self.hard_end is not None


@dataclass(frozen=True, slots=True)
class CredentialScheme:
    kind: CredentialKind
    fields: tuple[CredentialField, ...] = ()
    life: TokenLife = TokenLife()
    bound: Bound = Bound.NO
    #: Where a person makes the key, in the words of the venue's own pages.
    guidance: str = ""
    #: Several accounts or portfolios lie under one login.
    has_many_accounts: bool = False
    #: The account's name in paths is not the number that people know.
    hashes_account: bool = False
    #: The field that names us in the address of the venue's log-in page. Every browser shows it: it is no secret, and
    #: is kept where a page may open it.
    login_field: str = ""

    def __post_init__(self) -> None:
        names = [one.name for one in self.fields]
        if len(set(names)) != len(names):
            raise ValueError(f"a field is named twice: {names}")
        if self.login_field and self.field(self.login_field).is_secret:
            raise ValueError(f"{self.login_field} is a secret, and would stand in an address")

    @property
    def needs_log_in(self) -> bool:
        """A person logs in at the venue's own page, and comes back with the token."""
        return self.kind is CredentialKind.BROWSER_TOKEN

    def field(self, name: str) -> CredentialField:
        return next(one for one in self.fields if one.name == name)
