"""The shapes of accounts' API: what comes in is checked by them, what goes out is described by them."""

from typing import Any

from rest_framework import serializers

from accounts.kill_switch import OWN_LEVELS, Level, State
from accounts.models import Urgency, Workspace
from accounts.models.workspace import Role
from kernel.jobs.models import JobState


class WhoAmI(serializers.Serializer[Any]):
    person = serializers.UUIDField()
    workspace = serializers.UUIDField()
    workspace_slug = serializers.SlugField()
    workspace_name = serializers.CharField(max_length=Workspace._meta.get_field("name").max_length)
    role = serializers.ChoiceField(choices=Role.choices)
    may_trade = serializers.BooleanField()
    scopes = serializers.ListField(child=serializers.CharField())


class MemberShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.choices)
    can_trade = serializers.BooleanField()
    joined_at = serializers.DateTimeField()


class TokenShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    addresses = serializers.ListField(child=serializers.CharField())
    is_paper_only = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    last_used_from = serializers.IPAddressField(allow_null=True)


class SwitchShape(serializers.Serializer[Any]):
    level = serializers.ChoiceField(choices=Level.choices)
    key = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices)
    reason = serializers.CharField()
    set_at = serializers.DateTimeField()


class TradingState(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=State.choices)
    level = serializers.ChoiceField(choices=Level.choices, allow_null=True)
    reason = serializers.CharField()
    switches = SwitchShape(many=True)


class NewTradingState(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=State.choices)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)
    level = serializers.ChoiceField(choices=OWN_LEVELS, default=Level.WORKSPACE)
    key = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=120, help_text="Which account, strategy or instrument."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["level"] == Level.WORKSPACE) != (attrs["key"] == ""):
            raise serializers.ValidationError({"key": "Name one for a narrower level, and none for the workspace."})
        return attrs


class JobShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=JobState.choices)
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    note = serializers.CharField()
    error = serializers.CharField()
    result = serializers.JSONField(allow_null=True)
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class NewJob(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["accounts.check_audit"])


class NotificationShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    event = serializers.CharField()
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    title = serializers.CharField()
    body = serializers.CharField()
    path = serializers.CharField()
    facts = serializers.JSONField()
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class AuditShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    sequence = serializers.IntegerField()
    at = serializers.DateTimeField()
    action = serializers.CharField()
    target = serializers.CharField()
    facts = serializers.JSONField()
