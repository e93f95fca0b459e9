"""Holdings and positions, as they are told.

kite.trade/docs/connect/v3/portfolio (read 2026-11-21). Holdings are settled shares and those of yesterday (t1); what
was bought today is a position until the day turns. A sale out of holdings is a position below nought. Shares are at
the depository whatever exchange they were bought at: they are told under NSE.
"""

import re
from typing import Any

from exchanges.sandbox.house import House
from exchanges.sandbox.kite.bands import close_before
from exchanges.sandbox.kite.errors import KiteError, bad_input, no_holding
from exchanges.sandbox.kite.estates import Estate, Position
from exchanges.sandbox.kite.figures import last_ticks, number, rupees
from exchanges.sandbox.kite.money import NotHeld, ShareMoney, yesterdays
from exchanges.sandbox.kite.times import Days, date
from exchanges.sandbox.kite.tokens import drawn
from exchanges.sandbox.listings import ATOMS
from exchanges.sandbox.market import Market
from exchanges.sandbox.orders import Account

_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


class Portfolio:
    def __init__(self, *, house: House, money: ShareMoney, days: Days) -> None:
        self._house, self._money, self._days = house, money, days
        self._by_share: dict[str, Market] = {}
        self._by_isin: dict[str, str] = {}
        for market in house.markets.values():
            if not market.listing.facts["is_index"]:
                self._by_share.setdefault(market.listing.base, market)
                self._by_isin[str(market.listing.facts["isin"])] = market.listing.base
        self._asked = 0

    # ---- holdings ----

    def holdings(self, account: Account) -> list[dict[str, Any]]:
        estate = self._money.estate(account)
        return [
            self._holding(account, estate, share, market)
            for share, market in sorted(self._by_share.items())
            if self._counts(account, estate, share) != (0, 0, 0, 0)
        ]

    def compact(self, account: Account) -> list[dict[str, Any]]:
        wanted = ("exchange", "tradingsymbol", "instrument_token", "t1_quantity", "quantity")
        return [{name: one[name] for name in wanted} for one in self.holdings(account)]

    def summary(self, account: Account) -> dict[str, Any]:
        rows = self.holdings(account)
        count = [one["quantity"] + one["t1_quantity"] for one in rows]
        invested = sum(one["average_price"] * n for one, n in zip(rows, count, strict=True))
        value = sum(one["last_price"] * n for one, n in zip(rows, count, strict=True))
        today = sum(one["day_change"] * n for one, n in zip(rows, count, strict=True))
        pnl = value - invested
        return {
            "total_pnl": pnl,
            "total_pnl_percent": pnl * 100 / invested if invested else 0,
            "today_pnl": today,
            "today_pnl_percent": today * 100 / (value - today) if value - today else 0,
            "invested_amount": invested,
            "current_value": value,
        }

    def authorise(self, account: Account, pairs: list[tuple[str, str]]) -> dict[str, Any]:
        """Lets shares go out of the demat account today: those that are named by ISIN and quantity, or all.

        The venue answers with the number of a request that is finished at the depository; here it is done at once.
        """
        estate = self._money.estate(account)
        isins = [value for name, value in pairs if name == "isin"]
        counts = [value for name, value in pairs if name == "quantity"]
        if not isins:
            estate.allowed = {share: self._counts(account, estate, share)[0] for share in self._by_share}
        elif len(isins) != len(counts) or not all(_WHOLE.fullmatch(one) for one in counts):
            raise bad_input("Invalid `quantity`.")
        for isin, count in zip(isins, counts, strict=False):
            if isin not in self._by_isin:
                raise bad_input("Invalid `isin`.")
            estate.allowed[self._by_isin[isin]] = int(count)
        self._asked += 1
        return {"request_id": drawn(f"{account.id}:{self._asked}:{self._days.begun}", 32)}

    # ---- positions ----

    def positions(self, account: Account) -> dict[str, Any]:
        """Shares have no positions of yesterday, so net and day are the same."""
        told = [
            self._position(one)
            for one in self._money.estate(account).positions.values()
            if one.buy_lots or one.sell_lots
        ]
        return {"net": told, "day": [dict(one) for one in told]}

    def convert(self, account: Account, fields: dict[str, str]) -> bool:
        old, new = fields.get("old_product"), fields.get("new_product")
        for name in (
            "exchange",
            "tradingsymbol",
            "transaction_type",
            "position_type",
            "quantity",
            "old_product",
            "new_product",
        ):
            if not fields.get(name):
                raise bad_input(f"Missing or empty field `{name}`")
        count = fields["quantity"]
        if not _WHOLE.fullmatch(count) or int(count) < 1:
            raise bad_input("Invalid `quantity`.")
        if fields["position_type"] != "day":
            raise bad_input("Invalid `position_type`.")
        if {old, new} != {"CNC", "MIS"} or fields["transaction_type"] != "BUY":
            raise bad_input("Only bought positions of CNC and MIS are converted into each other.")
        symbol = f"{fields['exchange']}:{fields['tradingsymbol']}"
        position = self._money.estate(account).positions.get((symbol, str(old)))
        if position is None:
            raise bad_input("There is no such position.")
        try:
            self._money.convert(account, position, int(count), str(new))
        except NotHeld as refused:
            raise no_holding(
                f"Insufficient position quantity. Required quantity is {refused.wanted} "
                f"but available quantity is {refused.free}."
            ) from None
        return True

    def known_share(self, name: str) -> str:
        """The share that an account is opened with, by symbol or ISIN."""
        share = self._by_isin.get(name, name)
        if share not in self._by_share:
            raise KiteError(400, "InputException", f"{name} is no share that is listed here")
        return share

    def market_of(self, share: str) -> Market:
        return self._by_share[share]

    # ---- within ----

    def _counts(self, account: Account, estate: Estate, share: str) -> tuple[int, int, int, int]:
        """Settled, of yesterday, and how many of each were sold today."""
        purses = account.purses.of
        settled, t1 = (
            (purse.free + purse.held) // ATOMS if (purse := purses.get(bucket)) else 0
            for bucket in (share, yesterdays(share))
        )
        return settled, t1, estate.used.get(share, 0), estate.used_yesterdays.get(share, 0)

    def _holding(self, account: Account, estate: Estate, share: str, market: Market) -> dict[str, Any]:
        settled, t1, used, used_t1 = self._counts(account, estate, share)
        now = self._house.clock.now()
        tick = market.listing.tick
        last = tick * last_ticks(market, now)
        close = tick * close_before(market, now)
        average = self._average(estate, share, settled, t1, last)
        return {
            "tradingsymbol": market.listing.facts["symbol"],
            "exchange": market.listing.facts["exchange"],
            "instrument_token": market.listing.facts["token"],
            "isin": market.listing.facts["isin"],
            "product": "CNC",
            "price": 0,
            "quantity": settled,
            "used_quantity": used + used_t1,
            "t1_quantity": t1,
            "realised_quantity": settled + used,
            "authorised_quantity": estate.allowed.get(share, 0),
            "authorised_date": f"{date(self._days.begun)} 00:00:00",
            "authorisation": {},
            "opening_quantity": settled + used + t1 + used_t1,
            "short_quantity": 0,
            "collateral_quantity": 0,
            "collateral_type": "",
            "discrepancy": False,
            "average_price": number(average),
            "last_price": number(last),
            "close_price": number(close),
            "pnl": number((last - average) * (settled + t1)),
            "day_change": number(last - close),
            "day_change_percentage": number((last - close) * 100 / close),
            "mtf": {"quantity": 0, "used_quantity": 0, "average_price": 0, "value": 0, "initial_margin": 0},
        }

    def _average(self, estate: Estate, share: str, settled: int, t1: int, last: Any) -> Any:
        """What all of it cost on average; what nobody knows of is taken to have cost what it costs now."""
        now = int(last * ATOMS)
        costs = estate.averages.get(share, now) * max(settled, 0) + estate.averages.get(yesterdays(share), now) * t1
        count = max(settled, 0) + t1
        found = costs // count if count else estate.averages.get(share, now)
        return (type(last)(found) / ATOMS).quantize(type(last)("0.0001"))

    def _position(self, position: Position) -> dict[str, Any]:
        market, net = position.market, position.net
        last = number(market.listing.tick * last_ticks(market, self._house.clock.now()))
        bought, sold = position.buy_value, position.sell_value
        buy_price = rupees(bought // position.buy_lots) if position.buy_lots else 0
        sell_price = rupees(sold // position.sell_lots) if position.sell_lots else 0
        value = rupees(sold - bought)
        pnl = round(value + net * last, 6)
        return {
            "tradingsymbol": market.listing.facts["symbol"],
            "exchange": market.listing.facts["exchange"],
            "instrument_token": market.listing.facts["token"],
            "product": position.product,
            "quantity": net,
            "overnight_quantity": 0,
            "multiplier": 1,
            "average_price": 0 if not net else buy_price if net > 0 else sell_price,
            "close_price": 0,
            "last_price": last,
            "value": value,
            "pnl": pnl,
            "m2m": pnl,
            "unrealised": pnl,
            "realised": 0,
            "buy_quantity": position.buy_lots,
            "buy_price": buy_price,
            "buy_value": rupees(bought),
            "buy_m2m": rupees(bought),
            "sell_quantity": position.sell_lots,
            "sell_price": sell_price,
            "sell_value": rupees(sold),
            "sell_m2m": rupees(sold),
            "day_buy_quantity": position.buy_lots,
            "day_buy_price": buy_price,
            "day_buy_value": rupees(bought),
            "day_sell_quantity": position.sell_lots,
            "day_sell_price": sell_price,
            "day_sell_value": rupees(sold),
        }
