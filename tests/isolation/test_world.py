"""The victim of the sweep owns something in every tenant table: a leak from any of them can be seen."""

import pytest

from kernel.live.registry import _kinds
from kernel.tenancy.rows import tenant_column, tenant_models
from kernel.tenancy.scope import operator


@pytest.mark.django_db
def test_victim_owns_a_row_of_every_tenant_model(world):
    with operator():
        empty = [
            model._meta.label
            for model in tenant_models()
            if not model._default_manager.filter(**{tenant_column(model): world.victims.pk}).exists()
        ]
    assert empty == [], "give the victim a row in tests/isolation/world.py"


@pytest.mark.django_db
def test_victim_owns_a_row_of_every_live_kind(world):
    private = {name for name, kind in _kinds.items() if not kind.is_public}
    assert private <= set(world.live_rows()), "name the victim's row in World.live_rows"
