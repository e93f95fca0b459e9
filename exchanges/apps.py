import datetime as dt

from django.apps import AppConfig

from kernel.health.metrics import register_collector
from kernel.jobs.periodic import Periodic, register_periodic


class Exchanges(AppConfig):
    name = "exchanges"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from exchanges import candle_sources, data, live, navigation  # noqa: PLC0415 - they need the models
        from exchanges.holders import holders_of  # noqa: PLC0415
        from exchanges.lines import markets_here  # noqa: PLC0415
        from exchanges.metrics import VenueCollector  # noqa: PLC0415
        from exchanges.paper_store import symbols_that_stand  # noqa: PLC0415
        from instruments.holders import register_holders  # noqa: PLC0415
        from instruments.wanted import register_wanted  # noqa: PLC0415

        candle_sources.register()
        data.register()
        live.register()
        navigation.register()
        register_collector(VenueCollector(markets_here))
        register_wanted(symbols_that_stand)
        register_holders(holders_of)
        register_periodic(Periodic("exchanges.look_after", every=dt.timedelta(minutes=1)))
        # As often as prices are worth looking at; it finds accounts with standing orders alone.
        register_periodic(Periodic("exchanges.advance_papers", every=dt.timedelta(seconds=3)))
        register_periodic(Periodic("exchanges.look_for_old_catalogues", every=dt.timedelta(minutes=5)))
        register_periodic(Periodic("exchanges.look_at_clocks", every=dt.timedelta(minutes=1)))
