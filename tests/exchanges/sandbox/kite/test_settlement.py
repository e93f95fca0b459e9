"""Cash and shares of the sandbox's Kite: paid at once, settled a day later, squared off at the end of the day."""

import random

import pytest

from tests.exchanges.sandbox.kite.asking import BUY, SELL, Refused, Venue, tick

DAY = 86_400


@pytest.fixture
def venue():
    venue = Venue()
    yield venue
    assert venue.sums() == {}


@pytest.fixture
def user(venue):
    return venue.open().log_in()


def bought(user, **more):
    return user.place(**BUY | {"order_type": "MARKET", "market_protection": "2"} | more)


def sold(user, **more):
    return bought(user, transaction_type="SELL", **more)


def next_day(venue, user):
    venue.clock.move(DAY)
    venue.pulse()
    user.log_in()


def test_what_is_bought_is_a_position_then_t1_then_settled(venue, user):
    order = user.order(bought(user, tradingsymbol="TCS"))
    assert (user.position(symbol="TCS")["quantity"], user.holding("TCS")) == (10, None)
    cash = user.cash()
    next_day(venue, user)
    row = user.holding("TCS")
    assert (row["quantity"], row["t1_quantity"], row["average_price"]) == (0, 10, pytest.approx(order["average_price"]))
    assert user.ask("GET", "/portfolio/positions") == {"net": [], "day": []}
    assert user.ask("GET", "/orders") == []
    # 0.1 % STT, stamp, exchange, SEBI and GST, and nothing else.
    assert 0.0011 < (cash - user.cash()) / (order["average_price"] * 10) < 0.0013
    next_day(venue, user)
    row = user.holding("TCS")
    assert (row["quantity"], row["t1_quantity"], row["opening_quantity"]) == (10, 0, 10)


def test_holdings_are_sold_and_told_as_a_position_below_nought(user):
    order = user.order(sold(user, quantity="40"))
    row = user.holding()
    assert (row["quantity"], row["used_quantity"], row["realised_quantity"], row["opening_quantity"]) == (
        60,
        40,
        100,
        100,
    )
    assert user.position()["quantity"] == -40
    assert user.cash() == pytest.approx(500_000 + order["average_price"] * 40)


def test_nobody_sells_for_delivery_what_he_does_not_hold(user):
    resting = user.place(**SELL | {"quantity": "70"}, price=tick(user.last(), 150))
    with pytest.raises(Refused) as refused:
        sold(user, quantity="31")
    assert (refused.value.status, refused.value.kind) == (400, "HoldingException")
    assert "Required quantity is 31 but available quantity is 30" in refused.value.words
    user.ask("DELETE", f"/orders/regular/{resting}")
    assert user.order(sold(user, quantity="100"))["status"] == "COMPLETE"


def test_shares_of_today_and_of_yesterday_can_be_sold_too(venue, user):
    bought(user, tradingsymbol="SBIN", quantity="20")
    sold(user, tradingsymbol="SBIN", quantity="5")
    next_day(venue, user)
    assert user.holding("SBIN")["t1_quantity"] == 15
    sold(user, tradingsymbol="SBIN", quantity="15")
    row = user.holding("SBIN")
    assert (row["t1_quantity"], row["used_quantity"]) == (0, 15)
    next_day(venue, user)
    assert user.holding("SBIN") is None


def test_shares_are_one_whatever_exchange_they_were_bought_at(user):
    order = user.order(sold(user, exchange="BSE", quantity="3"))
    assert (order["exchange"], user.holding()["quantity"]) == ("BSE", 97)


def test_demat_leave_is_asked_for_where_the_account_was_opened_so(venue):
    user = venue.open(asks_leave=True).log_in()
    with pytest.raises(Refused, match="authorised") as refused:
        sold(user)
    assert refused.value.kind == "HoldingException"
    body = b"isin=INE009A01021&quantity=10"
    told = user.ask("POST", "/portfolio/holdings/authorise", body=body)
    assert (set(told), user.holding()["authorised_quantity"]) == ({"request_id"}, 10)
    sold(user)
    with pytest.raises(Refused, match="authorised"):
        sold(user, quantity="1")


def test_short_sale_blocks_cash_in_full_and_is_squared_off_when_the_day_turns(venue, user):
    order = user.order(sold(user, product="MIS", quantity="50"))
    assert user.position("MIS")["quantity"] == -50
    assert user.cash() == pytest.approx(500_000 - 50 * order["average_price"])
    assert user.holding()["quantity"] == 100
    next_day(venue, user)
    assert (user.position("MIS"), user.holding()["quantity"]) == (None, 100)
    truth = venue.house.accounts[user.account.id]
    assert sum(one.filled * (1 if one.ask.is_buy else -1) for one in truth.orders.values()) == 0
    assert user.cash() == pytest.approx(500_000, rel=0.02)
    assert truth.purses["INR"].held == 0


def test_intraday_position_is_closed_without_more_cash(venue):
    user = venue.open(balances={"INR": 150_000 * 10**18}).log_in()
    price = user.order(sold(user, product="MIS", quantity="90"))["average_price"]
    assert user.cash() < price * 90
    with pytest.raises(Refused) as refused:
        sold(user, product="MIS", quantity="90")
    assert refused.value.kind == "MarginException"
    assert user.order(bought(user, product="MIS", quantity="90"))["status"] == "COMPLETE"
    assert user.cash() == pytest.approx(150_000, rel=0.01)


def test_position_is_converted_to_delivery(venue, user):
    bought(user, tradingsymbol="ITC", product="MIS", quantity="30")
    fields = {
        "exchange": "NSE", "tradingsymbol": "ITC", "transaction_type": "BUY", "position_type": "day", "quantity": "20",
        "old_product": "MIS", "new_product": "CNC",
    }  # fmt: skip
    assert user.ask("PUT", "/portfolio/positions", fields) is True
    assert [user.position(one, "ITC")["quantity"] for one in ("MIS", "CNC")] == [10, 20]
    with pytest.raises(Refused) as refused:
        user.ask("PUT", "/portfolio/positions", fields)
    assert refused.value.kind == "HoldingException"
    next_day(venue, user)
    assert user.holding("ITC")["t1_quantity"] == 20


def test_days_are_short_where_durations_are_scaled():
    venue = Venue(scale=0.001)
    user = venue.open().log_in()
    bought(user, tradingsymbol="TCS")
    for _ in range(2):
        venue.clock.move(86.4)
        venue.pulse()
    assert user.log_in().holding("TCS")["quantity"] == 10
    assert venue.sums() == {}


def test_nothing_is_lost_or_made_by_five_hundred_random_acts_of_three_people(venue):
    draw = random.Random("acts")
    users = [venue.open().log_in() for _ in range(3)]
    done = 0
    for n in range(500):
        user = draw.choice(users)
        symbol = draw.choice(["INFY", "ITC", "TATASTEEL"])
        last = user.last(f"NSE:{symbol}")
        way = draw.random()
        refused = None
        if way < 0.55:
            side, product = draw.choice(["BUY", "SELL"]), draw.choice(["CNC", "MIS"])
            price = f"{round(last * draw.uniform(0.99, 1.01) / 0.05) * 0.05:.2f}"
            fields = {"tradingsymbol": symbol, "transaction_type": side, "product": product, "price": price}
            fields["quantity"] = str(draw.randint(1, 120))
            refused = user.refusal("POST", "/orders/regular", BUY | fields)
        elif way < 0.8:
            mine = [one for one in user.ask("GET", "/orders") if one["status"] == "OPEN"]
            if mine and way < 0.7:
                refused = user.refusal("DELETE", f"/orders/regular/{draw.choice(mine)['order_id']}")
            elif mine:
                path = f"/orders/regular/{draw.choice(mine)['order_id']}"
                refused = user.refusal("PUT", path, {"quantity": str(draw.randint(1, 200))})
        elif way < 0.82:
            venue.clock.move(DAY)
            venue.pulse()
            for one in users:
                one.log_in()
        else:
            venue.pulse()
        kinds = {"MarginException", "HoldingException", "InputException", "OrderException"}
        assert refused is None or refused.kind in kinds, refused
        done += refused is None
        assert venue.sums() == {}, n
    assert done > 250
    for user in users:
        for asset, purse in user.account.purses:
            assert purse.held >= 0, asset
            assert purse.free >= 0 or ":MIS:" in asset, (asset, purse)
        account = user.account
        for order in list(account.orders.values()):
            venue.house.cancel(order)
        blocked = sum(one.blocked for one in venue.house.money.estate(account).positions.values())
        assert account.purses["INR"].held == blocked
