"""The composition root: the only package that knows every other one."""

from kernel.money.context import install_decimal_context

install_decimal_context()

from config.celery import app as celery_app  # noqa: E402 - the Decimal context comes first in every process

__all__ = ["celery_app"]
