import datetime as dt

from django.apps import AppConfig

from kernel.encryption.memory import keep_memory_off_disk
from kernel.jobs.periodic import Periodic, register_periodic


class Kernel(AppConfig):
    name = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        keep_memory_off_disk()
        register_periodic(Periodic("kernel.sweep_jobs", every=dt.timedelta(seconds=15)))
        register_periodic(Periodic("kernel.keep_house", every=dt.timedelta(days=1), offset=dt.timedelta(hours=3)))
        register_periodic(Periodic("kernel.sweep_deliveries", every=dt.timedelta(seconds=15)))
        register_periodic(Periodic("kernel.purge_deliveries", every=dt.timedelta(days=1), offset=dt.timedelta(hours=4)))
        register_periodic(Periodic("kernel.purge_idempotency_keys", every=dt.timedelta(hours=1)))
