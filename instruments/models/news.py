"""News: whom it is heard from, each item by its revisions, and what each is about. The platform's, the same for all."""

from django.db import models
from django.urls import reverse

from instruments.domain.news.matching import How
from instruments.domain.news.scores import tone_of
from instruments.domain.news.subjects import LONGEST_SUBJECT
from instruments.domain.news.told import LONGEST_LANGUAGE, LONGEST_LINK, LONGEST_SUMMARY, LONGEST_TITLE, Form
from instruments.models.instrument import Instrument
from kernel.ids import new_id

LONGEST_SOURCE, LONGEST_TROUBLE = 80, 400


class NewsSource(models.Model):
    """A feed that an operator named, or the name under which files were imported; a file has no address."""

    FORMS = [(one.value, one.value.replace("_", " ")) for one in Form]

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=LONGEST_SOURCE, unique=True)
    #: May hold a key of the operator's: shown to operators alone, and in no message.
    address = models.CharField(max_length=2_000, blank=True)
    every_minutes = models.PositiveIntegerField(default=15)
    licence = models.CharField(max_length=400, blank=True, help_text="What its owner lets you do with it.")
    is_enabled = models.BooleanField(default=True)
    #: As it was found, when it last answered.
    form = models.CharField(max_length=10, choices=FORMS, blank=True)
    title = models.CharField(max_length=LONGEST_TITLE, blank=True)
    made_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    #: Not asked before.
    asks_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    #: On end; none since it last answered.
    failures = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=LONGEST_TROUBLE, blank=True)
    #: Of the last answer: how many items it had, and why some of them were not kept.
    told = models.PositiveIntegerField(null=True, blank=True)
    refused = models.JSONField(default=list, blank=True)
    etag = models.CharField(max_length=400, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ("name",)
        indexes = (
            models.Index(
                fields=("asks_at",), name="news_source_due", condition=models.Q(is_enabled=True) & ~models.Q(address="")
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:instruments_newssource_change", args=[self.pk])

    @property
    def is_feed(self) -> bool:
        return bool(self.address)

    @property
    def state(self) -> str:
        """In one word: file, paused, unasked, failing or well."""
        if not self.is_feed:
            return "file"
        if not self.is_enabled:
            return "paused"
        if self.failures:
            return "failing"
        return "well" if self.answered_at else "unasked"


class NewsItem(models.Model):
    """One revision of an item. What was told otherwise later is a further row; none is written over."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.ForeignKey(NewsSource, on_delete=models.PROTECT, related_name="items")
    #: What the source knows it by.
    key = models.CharField(max_length=64)
    revision = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=64)
    title = models.CharField(max_length=LONGEST_TITLE)
    link = models.CharField(max_length=LONGEST_LINK, blank=True)
    summary = models.CharField(max_length=LONGEST_SUMMARY, blank=True)
    language = models.CharField(max_length=LONGEST_LANGUAGE, blank=True)
    #: As the source says.
    published_at = models.DateTimeField(null=True, blank=True)
    #: From when on it could be known here; whoever decides as of a moment reads nothing that is later.
    known_at = models.DateTimeField()
    #: When the next revision became known; until then this one was what was known.
    superseded_at = models.DateTimeField(null=True, blank=True)
    #: What it is ordered by: published_at, but never after known_at.
    at = models.DateTimeField()
    stored_at = models.DateTimeField()
    is_backfilled = models.BooleanField(default=False)
    #: The same for the same words in a title; empty for a title too short to tell by.
    title_key = models.CharField(max_length=64, blank=True)
    #: The id of the first item that told the same story; its own where it was the first.
    story = models.UUIDField()
    #: None for a language that the scorer cannot read.
    score = models.FloatField(null=True, blank=True, help_text="-1 to 1.")
    scorer = models.CharField(max_length=40, blank=True)
    because = models.JSONField(default=list, help_text="The words that moved the score, with their weights.")

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("source", "key", "revision"), name="news_revision_once"),
            models.UniqueConstraint(
                fields=("source", "key"), condition=models.Q(superseded_at=None), name="news_has_one_newest"
            ),
            models.CheckConstraint(name="news_at_is_not_after_known", condition=models.Q(at__lte=models.F("known_at"))),
            models.CheckConstraint(
                name="news_superseded_after_known",
                condition=models.Q(superseded_at=None) | models.Q(superseded_at__gte=models.F("known_at")),
            ),
            models.CheckConstraint(name="news_score_in_bounds", condition=models.Q(score__gte=-1, score__lte=1)),
        )
        indexes = (
            models.Index(fields=("-at", "-id"), name="news_by_time"),
            models.Index(fields=("source", "-at", "-id"), name="news_by_source"),
            models.Index(fields=("title_key", "at"), name="news_by_title", condition=~models.Q(title_key="")),
            models.Index(fields=("story",), name="news_by_story"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def tone(self) -> str:
        """In one word; empty where it was not scored."""
        return "" if self.score is None else tone_of(self.score)


class NewsMatch(models.Model):
    """What one revision is about, why it is thought so, and how surely."""

    HOWS = [(one.value, one.value) for one in How]

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(NewsItem, on_delete=models.CASCADE, related_name="matches")
    #: The asset or company; every instrument of it finds the item by it.
    subject = models.CharField(max_length=LONGEST_SUBJECT)
    #: The best known of them when it was matched, to lead somewhere.
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    how = models.CharField(max_length=10, choices=HOWS)
    words = models.CharField(max_length=200)
    is_in_title = models.BooleanField()
    sure = models.FloatField()
    #: The item's, so that one index finds an instrument's news in order.
    at = models.DateTimeField()

    class Meta:
        ordering = ("-sure", "subject")
        constraints = (models.UniqueConstraint(fields=("item", "subject"), name="news_matched_once"),)
        indexes = (models.Index(fields=("subject", "-at"), name="news_match_by_subject"),)

    def __str__(self) -> str:
        return f"{self.subject}: {self.words}"
