"""Instruments' tasks."""

from celery import shared_task

from instruments.services import candles
from kernel import clock


@shared_task(name="instruments.make_candle_months")
def make_candle_months() -> None:
    candles.make_candle_months(now=clock.now())
