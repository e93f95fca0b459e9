import datetime as dt

from django.apps import AppConfig

from kernel import clock
from kernel.api.codes import add_codes
from kernel.jobs.periodic import Periodic, register_periodic


class Instruments(AppConfig):
    name = "instruments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from instruments import data, jobs, live, navigation, notices, vendors  # noqa: F401, PLC0415 - they need the models
        from instruments.looks import looked_at  # noqa: PLC0415
        from instruments.marks import MarkKind, mark_findings, register_marking  # noqa: PLC0415
        from instruments.news import mark_news  # noqa: PLC0415
        from instruments.wanted import register_wanted  # noqa: PLC0415
        from instruments.watched import symbols_watched  # noqa: PLC0415

        add_codes(
            {
                "CANDLES_BROKEN": "A file of candles is not what was written. The operator puts it back from a backup.",
                "NOT_KEPT": "What was asked for would be too many, or has a name that is taken. `detail` says which.",
            }
        )
        data.register()
        jobs.register()
        live.register()
        navigation.register()
        vendors.register()
        register_marking(MarkKind.QUALITY, mark_findings)
        register_marking(MarkKind.NEWS, mark_news)
        register_wanted(symbols_watched)
        register_wanted(lambda venue: looked_at(venue, now=clock.now()))
        register_periodic(Periodic("instruments.make_candle_months", every=dt.timedelta(days=1)))
        # As often as prices are worth looking at; it finds alerts whose price was heard since alone.
        register_periodic(Periodic("instruments.watch_prices", every=dt.timedelta(seconds=2)))
        register_periodic(Periodic("instruments.tell_of_delisted", every=dt.timedelta(minutes=1)))
        register_periodic(Periodic("instruments.reckon_figures", every=dt.timedelta(hours=1)))
        register_periodic(Periodic("instruments.index_instruments", every=dt.timedelta(minutes=10)))
        register_periodic(Periodic("instruments.look_for_closed_months", every=dt.timedelta(hours=1)))
        register_periodic(Periodic("instruments.look_for_vendor_prices", every=dt.timedelta(seconds=15)))
        register_periodic(Periodic("instruments.keep_candles_up", every=dt.timedelta(minutes=1)))
        register_periodic(Periodic("instruments.check_all_series", every=dt.timedelta(hours=1)))
        register_periodic(Periodic("instruments.ask_due_feeds", every=dt.timedelta(minutes=1)))
        register_periodic(Periodic("instruments.prune_news", every=dt.timedelta(days=1), offset=dt.timedelta(hours=3)))
