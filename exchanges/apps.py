import datetime as dt

from django.apps import AppConfig

from kernel.jobs.periodic import Periodic, register_periodic


class Exchanges(AppConfig):
    name = "exchanges"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from exchanges import data  # noqa: PLC0415 - it needs the models

        data.register()
        register_periodic(Periodic("exchanges.look_after", every=dt.timedelta(minutes=1)))
