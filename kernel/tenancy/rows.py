"""The abstract tenant row and its manager, which filters by the scope and raises outside it."""

from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from kernel.ids import new_id
from kernel.tenancy.scope import OutsideTenant, current_scope, scope_or_none

Row = TypeVar("Row", bound=models.Model)


class TenantManager(models.Manager[Row]):
    """The rows of the scope's workspace; those of every workspace in the platform's scope."""

    def get_queryset(self) -> models.QuerySet[Row]:
        return self.in_scope(super().get_queryset())

    def in_scope(self, rows: models.QuerySet[Row]) -> models.QuerySet[Row]:
        scope = current_scope()
        if scope.is_platform:
            return rows
        column = tenant_column(self.model)
        mine = Q(**{column: scope.workspace_id})
        if getattr(self.model, "null_workspace", "forbidden") == "shared":
            mine |= Q(**{f"{column}__isnull": True})
        return rows.filter(mine)


class TenantRow(models.Model):
    """A row that belongs to a workspace. Subclasses carry `workspace_id`, as a column or a foreign key."""

    #: "forbidden": every row has a workspace. "hidden": rows without one are the platform's alone.
    #: "shared": rows without one are readable by all and written by the platform.
    null_workspace: ClassVar[str] = "forbidden"
    workspace_id: UUID | None

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    objects: ClassVar[TenantManager[Any]] = TenantManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        scope = scope_or_none()
        if scope is None:
            raise OutsideTenant(f"{self._meta.label} is written inside `with tenant(...)` only")
        if not scope.is_platform and self.workspace_id is None:
            self.workspace_id = scope.workspace_id
        super().save(*args, **kwargs)


def tenant_column(model: type[models.Model]) -> str:
    """The name of the column that holds a tenant row's workspace."""
    return getattr(model, "tenant_column", "workspace_id")


def tenant_models() -> list[type[models.Model]]:
    """Every concrete model whose rows belong to a workspace."""
    from django.apps import apps  # noqa: PLC0415 - asked for after the registry is ready

    return [model for model in apps.get_models() if issubclass(model, TenantRow)]
