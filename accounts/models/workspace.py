"""A workspace is a tenant. A membership says who may enter it, as what."""

from typing import ClassVar
from uuid import UUID

from django.db import models

from accounts.models.person import Person
from kernel import clock
from kernel.tenancy.access import Right, register_role
from kernel.tenancy.rows import TenantRow


class Role(models.TextChoices):
    OWNER = "owner"
    TRADER = "trader"
    VIEWER = "viewer"


RIGHTS: dict[Role, set[Right]] = {
    Role.OWNER: {Right.VIEW, Right.EDIT, Right.TRADE, Right.MANAGE},
    Role.TRADER: {Right.VIEW, Right.EDIT, Right.TRADE},
    Role.VIEWER: {Right.VIEW},
}
for _role, _rights in RIGHTS.items():
    register_role(_role.value, _rights)


class Workspace(TenantRow):
    class Kind(models.TextChoices):
        PERSONAL = "personal"
        TEAM = "team"

    tenant_column: ClassVar[str] = "id"

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PERSONAL)
    allowed_networks = models.JSONField(
        default=list, blank=True, help_text="Networks it may be entered from; none means anywhere."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/w/{self.slug}/"

    @property
    def workspace_id(self) -> UUID:  # type: ignore[override]
        return self.id


class WorkspaceRow(TenantRow):
    """A tenant row on the floors that know workspaces."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        abstract = True


class Membership(WorkspaceRow):
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=8, choices=Role.choices)
    can_trade = models.BooleanField(
        default=False, help_text="The separate right to trade; a role alone never holds it."
    )
    joined_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("joined_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "person"), name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        )

    def __str__(self) -> str:
        return f"{self.person_id} in {self.workspace_id} as {self.role}"
