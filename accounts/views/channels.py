"""Where a member wants to be told: his own channels in this workspace, their rules and what became of each message."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.forms.channels import NewChannelForm, RulesForm
from accounts.forms.preferences import time_zones
from accounts.models import NoticeMessage, NotificationChannel, Person
from accounts.selectors import channels_of, confirmed_addresses, messages_of
from accounts.services.channels import (
    BadChannel,
    Kind,
    add_channel,
    change_rules,
    remove_channel,
    send_again,
    switch_channel,
    try_channel,
)
from kernel import clock
from kernel.encryption.secret import Secret
from kernel.idempotency.forms import idempotent_form
from kernel.outgoing.destination import BadDestination
from kernel.tenancy.access import Right
from kernel.tenancy.loader import load

KINDS = {
    Kind.MAIL: "Mail to an address of yours",
    Kind.WEBHOOK: "Webhook: your own server, each message signed",
    Kind.TELEGRAM: "Telegram, by your own bot",
    Kind.SLACK: "Slack",
    Kind.DISCORD: "Discord",
}


@require_safe
@workspace_page()
def channels(request: WorkspaceRequest) -> HttpResponse:
    context = {"channels": channels_of(request.access.person_id), "kinds": KINDS.items()}
    return render(request, "accounts/channels.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@workspace_page(write=Right.VIEW)
@idempotent_form(is_money=False)
def add(request: WorkspaceRequest) -> HttpResponse:
    """The form for one kind; for a webhook its answer shows the signing key, the only time."""
    try:
        kind = Kind(request.GET.get("kind", ""))
    except ValueError:
        return redirect("channels", request.workspace.slug)
    person = cast(Person, request.user)
    form = NewChannelForm(
        request.POST if request.method == "POST" else None,
        kind=kind,
        own_addresses=confirmed_addresses(person),
        zone=person.time_zone,
    )
    if request.method == "POST" and form.is_valid():
        secret = form.cleaned_data.get("secret")
        try:
            channel, made = add_channel(
                access=request.access,
                kind=kind,
                address=Secret(form.cleaned_data["address"].strip()),
                secret=Secret(secret.strip()) if secret else None,
                now=clock.now(),
                **form.rules(),
            )
        except (BadChannel, BadDestination) as error:
            form.add_error("address", str(error))
        else:
            if made is not None:
                context = {"channel": channel, "signing_key": made.reveal()}
                return render(request, "accounts/signing_key.html", context, status=201)
            messages.success(request, f"{channel.label} is added. Send a test over it.")
            return redirect("channel", request.workspace.slug, channel.pk)
    context = {"form": form, "kind": kind, "kind_words": KINDS[kind], "time_zones": time_zones()}
    return render(request, "accounts/add_channel.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(write=Right.VIEW)
def channel(request: WorkspaceRequest, channel: UUID) -> HttpResponse:
    """The rules of one channel, and the log of what went over it."""
    found = _own(request, channel)
    form = RulesForm(request.POST if request.method == "POST" else None, channel=found)
    if request.method == "POST" and form.is_valid():
        try:
            change_rules(access=request.access, channel=found, now=clock.now(), **form.rules())
        except BadChannel as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The rules are kept.")
            return redirect("channel", request.workspace.slug, found.pk)
    context = {
        "channel": found,
        "form": form,
        "messages_sent": messages_of(found, at_most=50),
        "time_zones": time_zones(),
    }
    return render(request, "accounts/channel.html", context, status=422 if form.errors else 200)


@require_POST
@workspace_page(write=Right.VIEW)
def switch(request: WorkspaceRequest, channel: UUID) -> HttpResponse:
    found = _own(request, channel)
    switch_channel(access=request.access, channel=found, is_active=request.POST.get("to") == "on", now=clock.now())
    return redirect("channel", request.workspace.slug, found.pk)


@require_POST
@workspace_page(write=Right.VIEW)
@idempotent_form(is_money=False)
def test(request: WorkspaceRequest, channel: UUID) -> HttpResponse:
    found = _own(request, channel)
    if found.is_active:
        try_channel(channel=found, now=clock.now())
        messages.info(request, "A test is on its way. What becomes of it stands below within seconds.")
    else:
        messages.warning(request, "The channel is off, so nothing was sent. Switch it on first.")
    return redirect("channel", request.workspace.slug, found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(write=Right.VIEW)
def remove(request: WorkspaceRequest, channel: UUID) -> HttpResponse:
    found = _own(request, channel)
    if request.method == "POST":
        remove_channel(access=request.access, channel_id=found.pk, now=clock.now())
        messages.success(request, f"{found.label} is removed. What waited for it is not sent.")
        return redirect("channels", request.workspace.slug)
    return render(request, "accounts/remove_channel.html", {"channel": found})


@require_POST
@workspace_page(write=Right.VIEW)
@idempotent_form(is_money=False)
def again(request: WorkspaceRequest, channel: UUID, message: UUID) -> HttpResponse:
    found = _own(request, channel)
    failed = load(request.access, NoticeMessage.objects.filter(channel=found), message)
    try:
        send_again(message=failed, now=clock.now())
    except BadChannel as error:
        messages.warning(request, str(error))
    else:
        messages.info(request, "It is sent again, as a new message.")
    return redirect("channel", request.workspace.slug, found.pk)


def _own(request: WorkspaceRequest, key: UUID) -> NotificationChannel:
    own = NotificationChannel.objects.filter(person_id=request.access.person_id)
    return load(request.access, own, key)
