import datetime as dt

from django.apps import AppConfig

from kernel.jobs.periodic import Periodic, register_periodic


class Exchanges(AppConfig):
    name = "exchanges"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from exchanges import data, live, navigation  # noqa: PLC0415 - they need the models

        data.register()
        live.register()
        navigation.register()
        register_periodic(Periodic("exchanges.look_after", every=dt.timedelta(minutes=1)))
