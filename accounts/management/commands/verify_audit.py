"""Verifies every audit chain and its anchors; names each edited, deleted, reordered or truncated entry."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import AuditEntry, AuditHead
from accounts.models.audit import PLATFORM_CHAIN
from accounts.services.anchors import chain_name, read_anchors
from accounts.services.audit_check import check_workspace
from kernel import clock
from kernel.durations import in_words
from kernel.tenancy.scope import operator


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        anchors = read_anchors()
        problems = list(anchors.problems)
        with operator():
            chains = set(AuditHead.objects.values_list("workspace_id", flat=True))
            chains |= set(AuditEntry.objects.order_by().values_list("workspace_id", flat=True).distinct())
            entries = AuditEntry.objects.count()
            lost = AuditHead.objects.filter(anchored_sequence__gt=0)
            problems += [
                f"chain {chain_name(head)} was anchored up to entry {head.anchored_sequence}, "
                "but no anchor of it is there"
                for head in lost
                if head.anchored_sequence not in anchors.hashes.get(chain_name(head), {})
            ]
            known = {str(chain or PLATFORM_CHAIN) for chain in chains}
            for chain in sorted(chains, key=str):
                for broken in check_workspace(chain, anchors.hashes.get(str(chain or PLATFORM_CHAIN), {})):
                    problems.append(f"chain {broken.chain}, entry {broken.sequence}: {broken.reason}")
        problems += [f"chain {chain} was anchored and is gone" for chain in sorted(set(anchors.hashes) - known)]
        self.stdout.write(f"{len(known)} chains, {entries} entries, {anchors.files} anchors.")
        if anchors.last_at is None:
            self.stdout.write(
                "Nothing was anchored yet: a chain whose end was cut off cannot be told from a short one."
            )
        else:
            seconds = (clock.now() - anchors.last_at).total_seconds()
            self.stdout.write(f"Last anchor {in_words(seconds)} old; truncation after it cannot be seen.")
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError(f"{len(problems)} problems found.")
        self.stdout.write("Every chain holds.")
