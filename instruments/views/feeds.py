"""Where operators name feeds. Called in the operator's scope, for staff who have proven a factor."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.models import Person
from accounts.views.acts import Act
from instruments.forms.news import FeedForm
from instruments.models import NewsSource
from instruments.services.feeds import FeedNotKept, add_feed, ask_feed_now, change_feed, pause_feed, resume_feed
from kernel import clock
from kernel.durations import in_words

ACTS = {
    "ask": Act(
        ask_feed_now,
        "Ask this feed now?",
        "A worker asks it out of its turn, also while it rests after a failure. What became of it stands here then.",
        "Ask it now",
        "A worker asks it now. Load this page again in a moment.",
        "It is paused, and was not asked. Resume it first.",
    ),
    "pause": Act(
        pause_feed,
        "Pause this feed?",
        "It is asked no more until you resume it. What it told stays and is shown.",
        "Pause it",
        "The feed is paused.",
        "It was paused already.",
    ),
    "resume": Act(
        resume_feed,
        "Resume this feed?",
        "It is asked at once, and then as often as it says here.",
        "Resume it",
        "The feed is asked again.",
        "It was asked anyway.",
    ),
}


def add(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    form = FeedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_feed(**form.cleaned_data, by=_person(request), now=clock.now())
        except FeedNotKept as error:
            _refuse(form, error)
        else:
            messages.success(request, f"{made.name} is asked now. What it told stands here in a moment.")
            return redirect("admin:instruments_newssource_change", made.pk)
    shown = {**context, "title": "Add a feed", "form": form, "button": "Add the feed", "feed": None}
    return render(request, "admin/news_feed_form.html", shown, status=422 if form.errors else 200)


def change(request: HttpRequest, context: dict[str, Any], feed: UUID) -> HttpResponse:
    found = _feed(feed)
    first = {name: getattr(found, name) for name in ("name", "address", "every_minutes", "licence")}
    form = FeedForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            change_feed(feed=found, **form.cleaned_data, by=_person(request), now=clock.now())
        except FeedNotKept as error:
            _refuse(form, error)
        else:
            messages.success(request, "The feed is changed.")
            return redirect("admin:instruments_newssource_change", found.pk)
    shown = {**context, "title": f"Change {found.name}", "form": form, "button": "Change the feed", "feed": found}
    return render(request, "admin/news_feed_form.html", shown, status=422 if form.errors else 200)


def act(request: HttpRequest, context: dict[str, Any], feed: UUID, act: str) -> HttpResponse:
    if act not in ACTS:
        raise Http404
    found, asked = _feed(feed), ACTS[act]
    if request.method == "POST":
        changed = asked.do(feed=found, by=_person(request), now=clock.now())
        asked.tell(request, is_done=changed)
        return redirect("admin:instruments_newssource_change", found.pk)
    shown = {**context, "title": asked.question, "words": asked.words, "button": asked.button, "feed": found}
    return render(request, "admin/news_feed_act.html", shown)


def standing_in_words(source: NewsSource) -> str:
    """How it stands, as an operator reads it."""
    if source.state == "file":
        return "Imported from a file; never asked."
    if source.state == "paused":
        return "Paused; not asked."
    if source.state == "unasked":
        return "Not asked yet; a worker does so within a minute."
    answered = f"Last answer {_ago(source)} ago." if source.answered_at else "No answer yet."
    if source.state == "failing":
        often = "once" if source.failures == 1 else f"{source.failures} times on end"
        return f"Failed {often}. {source.trouble} {answered}"
    return answered


def _ago(source: NewsSource) -> str:
    assert source.answered_at is not None
    return in_words(max(0.0, (clock.now() - source.answered_at).total_seconds()))


def _feed(key: UUID) -> NewsSource:
    return get_object_or_404(NewsSource.objects.exclude(address=""), pk=key)


def _person(request: HttpRequest) -> UUID:
    return cast(Person, request.user).pk


def _refuse(form: FeedForm, error: FeedNotKept) -> None:
    form.add_error(error.field, str(error))
