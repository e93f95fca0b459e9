"""Re-wraps every stored secret under the first key of ENCRYPTION_KEYS. Can be stopped and run again at any time."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kernel import clock
from kernel.encryption.keyring import key_ring
from kernel.encryption.rotation import Rotation, encrypted_fields, rotate


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        started = clock.monotonic()
        ring = key_ring()
        self.stdout.write(f"Write key: {ring.write_key_id}. Ring: {', '.join(ring.key_ids)}.")
        done = [rotate(field, self._tell) for field in encrypted_fields()]
        unopened = sum(one.unopened for one in done)
        seconds = clock.monotonic() - started
        rewrapped = sum(one.rewrapped for one in done)
        self.stdout.write(f"{rewrapped} re-wrapped in {seconds:.1f} s, {unopened} could not be opened.")
        if unopened:
            raise CommandError(
                f"{unopened} records are under a key that the ring does not hold or that is not the right one. "
                "Put that key back into ENCRYPTION_KEYS and run this again; nothing was changed in them."
            )
        self.stdout.write(f"Every record is under {ring.write_key_id}; the other keys may be dropped.")

    def _tell(self, progress: Rotation) -> None:
        self.stdout.write(f"  {progress.field}: {progress.rewrapped} of {progress.total}")
        self.stdout.flush()
