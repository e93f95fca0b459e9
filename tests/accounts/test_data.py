"""What a workspace's export holds and what its erasure leaves, for every tenant model there is."""

import json

import pytest

from accounts.models import AuditEntry, NotificationChannel
from accounts.registries import Erasure, erasers, erasure_order, exporters
from kernel.encryption.secret import Secret
from kernel.tenancy.rows import tenant_models
from kernel.tenancy.scope import operator, tenant
from tests.isolation.world import MARK, build_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    made = build_world()
    with tenant(made.victims.pk):
        NotificationChannel.objects.create(
            workspace=made.victims,
            person=made.alice,
            kind="webhook",
            label="hook",
            address=Secret("https://example.org/hidden-address"),
            secret=Secret("hidden-signing-key"),
        )
    return made


def export(workspace) -> dict[str, list]:
    with tenant(workspace.pk):
        return {model._meta.label: list(exporter()) for model, exporter in exporters().items()}


def test_export_is_json_holds_the_workspaces_rows_and_no_secret(world):
    text = json.dumps(export(world.victims))
    assert MARK in text
    assert "hidden" not in text
    assert "digest" not in json.dumps(export(world.victims)["accounts.ApiToken"])
    assert MARK not in json.dumps(export(world.strangers))


def test_export_has_every_row_of_every_tenant_model(world):
    exported = export(world.victims)
    with tenant(world.victims.pk):
        for model in tenant_models():
            if model._meta.label != "accounts.AuditHead":
                assert len(exported[model._meta.label]) == model._default_manager.count(), model


def test_erasure_leaves_what_it_says_and_no_name(world):
    before = dict.fromkeys(tenant_models(), 0)
    with tenant(world.strangers.pk):
        others = {model: model._default_manager.count() for model in before}
    with tenant(world.victims.pk):
        entries = AuditEntry.objects.count()
        for model in erasure_order():
            erasers()[model][1]()
    with operator():
        for model, (erasure, _) in erasers().items():
            left = model._default_manager.filter(
                **{getattr(model, "tenant_column", "workspace_id"): world.victims.pk}
            ).count()
            assert (left > 0) == (erasure is Erasure.PSEUDONYMISE), model
        assert AuditEntry.objects.filter(workspace_id=world.victims.pk).count() == entries
    with tenant(world.strangers.pk):
        assert {model: model._default_manager.count() for model in before} == others
