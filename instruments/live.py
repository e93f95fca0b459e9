"""The live things that instruments draws: a listing's last price and its book, everybody's; and an alert's row."""

from instruments.selectors import book_row, price_row
from instruments.watched import alert_row
from kernel.live.registry import register_live


def register() -> None:
    register_live("last_price", price_row, "instruments/partials/_price.html", is_public=True)
    register_live("book", book_row, "instruments/partials/_book.html", is_public=True)
    register_live("price_alert", alert_row, "instruments/partials/_alert_row.html")
