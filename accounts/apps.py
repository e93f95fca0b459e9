import datetime as dt

from django.apps import AppConfig

from kernel.jobs.periodic import Periodic, register_periodic


class Accounts(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import jobs, live, navigation, receivers  # noqa: F401, PLC0415 - they need the models
        from accounts.api import schema  # noqa: F401, PLC0415 - registers itself
        from accounts.data import (  # noqa: PLC0415 - they need the models
            deliveries,
            idempotency,
            notices,
            people,
            trails,
            workspaces,
        )

        jobs.register()
        live.register()
        navigation.register()
        workspaces.register()
        trails.register()
        deliveries.register()
        idempotency.register()
        notices.register()
        people.register()
        register_periodic(Periodic("accounts.anchor_audit", every=dt.timedelta(minutes=1)))
        register_periodic(Periodic("accounts.sweep_sign_ins", every=dt.timedelta(hours=6)))
        register_periodic(Periodic("accounts.sweep_notices", every=dt.timedelta(seconds=15)))
        register_periodic(Periodic("accounts.sweep_mails", every=dt.timedelta(seconds=15)))
        register_periodic(Periodic("accounts.sweep_exports", every=dt.timedelta(minutes=10)))
        register_periodic(Periodic("accounts.finish_erasures", every=dt.timedelta(hours=1)))
        register_periodic(Periodic("accounts.purge_old_rows", every=dt.timedelta(days=1), offset=dt.timedelta(hours=3)))
