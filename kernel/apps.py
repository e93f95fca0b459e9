import datetime as dt

from django.apps import AppConfig

from kernel.jobs.periodic import Periodic, register_periodic


class Kernel(AppConfig):
    name = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register_periodic(Periodic("kernel.sweep_jobs", every=dt.timedelta(seconds=15)))
        register_periodic(Periodic("kernel.keep_house", every=dt.timedelta(days=1), offset=dt.timedelta(hours=3)))
