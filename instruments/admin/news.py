"""News feeds, which operators add and change here by services that leave a trail; and what the feeds told."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path

from accounts.operator_site import ReadOnly
from instruments.models import NewsItem, NewsMatch, NewsSource
from instruments.views import feeds
from kernel.durations import in_words


@admin.register(NewsSource)
class NewsSourceAdmin(ReadOnly):
    group, title = "Markets", "News feeds"
    change_list_template = "admin/news_feeds.html"
    change_form_template = "admin/news_feed.html"
    list_display = ("name", "in_words", "form", "asked_every", "told", "answered_at", "asks_at")
    list_filter = ("is_enabled",)
    search_fields = ("name", "licence")
    fields = (
        "name",
        "in_words",
        "address",
        "form",
        "title",
        "asked_every",
        "is_enabled",
        "licence",
        "told",
        "refused",
        "asked_at",
        "answered_at",
        "asks_at",
        "failed_at",
        "failures",
        "trouble",
        "made_at",
    )
    readonly_fields = ("in_words", "asked_every")

    def get_urls(self) -> list[Any]:
        return [
            path("new/", self.admin_site.admin_view(self.add), name="news-feed-add"),
            path("<uuid:feed>/edit/", self.admin_site.admin_view(self.change), name="news-feed-change"),
            path("<uuid:feed>/do/<slug:act>/", self.admin_site.admin_view(self.act), name="news-feed-act"),
            *super().get_urls(),
        ]

    def add(self, request: HttpRequest) -> HttpResponse:
        self._let_in(request)
        return feeds.add(request, self.admin_site.each_context(request))

    def change(self, request: HttpRequest, feed: UUID) -> HttpResponse:
        self._let_in(request)
        return feeds.change(request, self.admin_site.each_context(request), feed)

    def act(self, request: HttpRequest, feed: UUID, act: str) -> HttpResponse:
        self._let_in(request)
        return feeds.act(request, self.admin_site.each_context(request), feed, act)

    def _let_in(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    @admin.display(description="standing")
    def in_words(self, source: NewsSource) -> str:
        return feeds.standing_in_words(source)

    @admin.display(description="asked every", ordering="every_minutes", empty_value="–")
    def asked_every(self, source: NewsSource) -> str | None:
        return in_words(60 * source.every_minutes) if source.is_feed else None


@admin.register(NewsItem)
class NewsItemAdmin(ReadOnly):
    group, title = "Markets", "News"
    list_display = ("title", "source", "at", "known_at", "revision", "score")
    list_filter = ("source", "is_backfilled")
    list_select_related = ("source",)
    search_fields = ("title",)
    show_full_result_count = False
    fields = (
        "title",
        "source",
        "link",
        "summary",
        "language",
        "published_at",
        "known_at",
        "superseded_at",
        "revision",
        "is_backfilled",
        "stored_at",
        "score",
        "scorer",
        "because",
        "story",
        "key",
    )


@admin.register(NewsMatch)
class NewsMatchAdmin(ReadOnly):
    group, title = "Markets", "What news is about"
    list_display = ("subject", "how", "words", "sure", "is_in_title", "item", "at")
    list_filter = ("how",)
    list_select_related = ("item",)
    search_fields = ("subject",)
    show_full_result_count = False
    fields = ("item", "subject", "instrument", "how", "words", "is_in_title", "sure", "at")
