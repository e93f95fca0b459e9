import datetime as dt

from django.apps import AppConfig

from kernel.jobs.periodic import Periodic, register_periodic


class Accounts(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import jobs, navigation  # noqa: PLC0415 - they need the models
        from accounts.data import deliveries, idempotency, trails, workspaces  # noqa: PLC0415 - they need the models

        jobs.register()
        navigation.register()
        workspaces.register()
        trails.register()
        deliveries.register()
        idempotency.register()
        register_periodic(Periodic("accounts.anchor_audit", every=dt.timedelta(minutes=1)))
