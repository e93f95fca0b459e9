"""A credential at a venue: what it may do, until when, what the last check met. The secret is in a row of its own."""

import datetime as dt

from django.db import models

from accounts.models import Person
from accounts.models.workspace import WorkspaceRow
from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.rights import Withdrawal as WithdrawalWords
from exchanges.domain.standing import Facts, Hindrance, Standing, standing_of
from exchanges.domain.venues import VENUES, venue_named
from kernel import clock
from kernel.encryption.fields import EncryptedField


class Connection(WorkspaceRow):
    class Mode(models.TextChoices):
        PAPER = "paper"
        SANDBOX = "sandbox"
        LIVE = "live"

    class Withdrawal(models.TextChoices):
        CANNOT = WithdrawalWords.CANNOT.value, "cannot move money away"
        CAN = WithdrawalWords.CAN.value, "can move money away"
        NOT_KNOWN = WithdrawalWords.NOT_KNOWN.value, "cannot be determined"

    class Met(models.TextChoices):
        NONE = Hindrance.NONE.value, "nothing"
        KEY = Hindrance.KEY.value, "the key is not taken"
        TOKEN = Hindrance.TOKEN.value, "the login is over"
        CLOCK = Hindrance.CLOCK.value, "the clocks disagree"
        NO_ANSWER = Hindrance.NO_ANSWER.value, "no answer"
        TOO_MANY = Hindrance.TOO_MANY.value, "asked too often"
        REFUSED = Hindrance.REFUSED.value, "refused"

    venue = models.CharField(max_length=24)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    name = models.CharField(max_length=120)
    #: What the page shows of the key instead of it.
    last_four = models.CharField(max_length=4, blank=True)
    #: What names us at the venue's log-in page, where there is one. It stands in that page's address, so a page of ours
    #: may open it, while what it belongs to stays shut.
    login_name = EncryptedField(bound_to=("workspace_id", "pk", "venue"), null=True)
    #: Orders leave from this address alone, where the venue binds them to one.
    egress = models.GenericIPAddressField(null=True, blank=True)

    can_read = models.BooleanField(null=True, blank=True)
    can_trade = models.BooleanField(null=True, blank=True)
    withdrawal = models.CharField(max_length=9, choices=Withdrawal.choices, default=Withdrawal.NOT_KNOWN)
    is_address_bound = models.BooleanField(null=True, blank=True)
    key_ends_at = models.DateTimeField(null=True, blank=True)
    token_ends_at = models.DateTimeField(null=True, blank=True)
    #: Where the venue has no question for it: the person's own word that the key moves no money, and when.
    attested_at = models.DateTimeField(null=True, blank=True)

    checked_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    met = models.CharField(max_length=9, choices=Met.choices, default=Met.NONE, blank=True)
    met_words = models.CharField(max_length=400, blank=True)
    told_standing = models.CharField(max_length=9, blank=True)

    added_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField(default=clock.now, editable=False)
    #: Since then it opens nothing, and its secret is gone; its row stays for what refers to it.
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("added_at", "id")
        indexes = (models.Index(fields=("workspace", "venue"), name="connection_of_workspace"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(venue__in=list(VENUES)), name="connection_venue_known"),
            models.CheckConstraint(condition=models.Q(mode__in=["paper", "sandbox", "live"]), name="connection_mode"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def facts(self) -> VenueFacts:
        return venue_named(self.venue)

    @property
    def is_live(self) -> bool:
        return self.mode == self.Mode.LIVE

    @property
    def ends_at(self) -> dt.datetime | None:
        return min((one for one in (self.key_ends_at, self.token_ends_at) if one), default=None)

    def standing(self, *, now: dt.datetime) -> Standing:
        life = self.facts.credentials.life
        return standing_of(Facts(self.checked_at, Hindrance(self.met), self.ends_at, life), now=now)


class Credential(WorkspaceRow):
    """What opens the venue, sealed. Read in the process that talks to it, and by no page."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="credential")
    venue = models.CharField(max_length=24)
    #: Rises with each change: a sender that began with another version does not send.
    version = models.PositiveIntegerField(default=1)
    sealed = EncryptedField(bound_to=("workspace_id", "pk", "version", "venue"))
    token = EncryptedField(bound_to=("workspace_id", "pk", "version", "venue"), null=True)
    changed_at = models.DateTimeField(default=clock.now)
    #: The log-in that fetches a new token at this moment, and until when it is believed to: one at a time.
    refresher = models.UUIDField(null=True, blank=True)
    refresh_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("workspace",), name="credential_of_workspace"),)

    def __str__(self) -> str:
        return f"what opens {self.connection_id}"
