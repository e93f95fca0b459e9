"""One row for each thing that was ever stopped. No row means ACTIVE; the strictest level wins."""

from typing import ClassVar

from django.db import models

from accounts.models.person import Person
from accounts.models.workspace import Workspace
from kernel import clock
from kernel.tenancy.rows import TenantRow


class KillSwitch(TenantRow):
    class Level(models.TextChoices):
        PLATFORM = "platform"
        VENUE = "venue"
        WORKSPACE = "workspace"
        ACCOUNT = "account"
        STRATEGY = "strategy"
        INSTRUMENT = "instrument"

    class State(models.TextChoices):
        ACTIVE = "ACTIVE"
        REDUCING = "REDUCING"
        HALTED = "HALTED"

    null_workspace: ClassVar[str] = "shared"

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    level = models.CharField(max_length=10, choices=Level.choices)
    key = models.CharField(max_length=120, blank=True, help_text="Which venue, account, strategy or instrument.")
    state = models.CharField(max_length=8, choices=State.choices)
    reason = models.CharField(max_length=300, blank=True)
    set_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    set_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "kill switches"
        ordering = ("level", "key", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("workspace", "level", "key"), nulls_distinct=False, name="kill_switch_once"
            ),
            models.CheckConstraint(
                name="kill_switch_platform_levels_have_no_workspace",
                condition=models.Q(level__in=("platform", "venue"), workspace__isnull=True)
                | (~models.Q(level__in=("platform", "venue")) & models.Q(workspace__isnull=False)),
            ),
            models.CheckConstraint(
                name="kill_switch_whole_levels_have_no_key",
                condition=models.Q(level__in=("platform", "workspace"), key="")
                | (~models.Q(level__in=("platform", "workspace")) & ~models.Q(key="")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.level} {self.key} {self.state}".replace("  ", " ")
