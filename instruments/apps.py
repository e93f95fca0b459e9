import datetime as dt

from django.apps import AppConfig

from kernel.jobs.periodic import Periodic, register_periodic


class Instruments(AppConfig):
    name = "instruments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register_periodic(Periodic("instruments.make_candle_months", every=dt.timedelta(days=1)))
