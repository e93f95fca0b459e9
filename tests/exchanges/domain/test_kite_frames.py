"""The ticker's frames: exact numbers, the same as the SDK's floats round to, and nothing of a frame that is broken."""

import datetime as dt
import struct
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kiteconnect import KiteTicker

from exchanges.domain.kite_frames import BadFrame, Mode, Tick, ticks_of
from exchanges.domain.market import Level

D = Decimal
NSE, CURRENCY, BSE_CURRENCY, INDEX, NSE_COMMODITY = 408065, 412675, 412678, 256265, 412684
NUMBERS = st.integers(0, 2**32 - 1)


def packet(*numbers: int, levels=()) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers) + b"".join(struct.pack(">IIHxx", *one) for one in levels)


def frame(*packets: bytes) -> bytes:
    return struct.pack(">H", len(packets)) + b"".join(struct.pack(">H", len(one)) + one for one in packets)


LEVELS = [(5, 157340, 1), (140, 157300, 2), (0, 0, 0), (0, 0, 0), (0, 0, 0), (172, 157370, 3), *[(0, 0, 0)] * 4]
QUOTE = (NSE, 157370, 7, 157037, 1192471, 256443, 363009, 156915, 157500, 156105, 156780)


def test_full_packet_says_everything_and_empty_steps_are_left_out():
    [tick] = ticks_of(frame(packet(*QUOTE, 1763712000, 11, 12, 10, 1763712003, levels=LEVELS)))
    assert tick == Tick(
        token=408065,
        mode=Mode.FULL,
        is_tradable=True,
        last=D("1573.70"),
        open=D("1569.15"),
        high=D("1575.00"),
        low=D("1561.05"),
        close=D("1567.80"),
        last_quantity=7,
        average=D("1570.37"),
        volume=1192471,
        bid_quantity=256443,
        ask_quantity=363009,
        last_trade_at=dt.datetime(2025, 11, 21, 8, tzinfo=dt.UTC),
        at=dt.datetime(2025, 11, 21, 8, 0, 3, tzinfo=dt.UTC),
        open_interest=11,
        highest_interest=12,
        lowest_interest=10,
        bids=(Level(D("1573.4"), D(5)), Level(D(1573), D(140))),
        asks=(Level(D("1573.7"), D(172)),),
    )


def test_quote_has_no_book_and_no_times():
    [tick] = ticks_of(frame(packet(*QUOTE)))
    assert (tick.mode, tick.last, tick.volume, tick.bids, tick.at) == (Mode.QUOTE, D("1573.7"), 1192471, (), None)


def test_index_tells_its_prices_in_an_order_of_its_own():
    told = (INDEX, 2595015, 2600000, 2590010, 2591020, 2580005, 15010)
    for more, mode, moment in (
        ((), Mode.QUOTE, None),
        ((1763712003,), Mode.FULL, dt.datetime(2025, 11, 21, 8, 0, 3, tzinfo=dt.UTC)),
    ):
        [tick] = ticks_of(frame(packet(*told, *more)))
        assert tick == Tick(
            INDEX,
            mode,
            is_tradable=False,
            last=D("25950.15"),
            open=D("25910.20"),
            high=D(26000),
            low=D("25900.10"),
            close=D("25800.05"),
            at=moment,
        )


@pytest.mark.parametrize(
    ("token", "price"),
    [
        (NSE, "8525000.75"),
        (CURRENCY, "85.2500075"),
        (BSE_CURRENCY, "85250.0075"),
        (NSE_COMMODITY, "85250.0075"),
    ],
)
def test_each_segment_has_its_own_unit_of_price(token, price):
    [tick] = ticks_of(frame(packet(token, 852500075)))
    assert tick == Tick(token, Mode.LAST, is_tradable=True, last=D(price))
    assert str(tick.last) == price


def test_one_frame_tells_of_several():
    ticks = ticks_of(frame(packet(NSE, 1), packet(*QUOTE), packet(INDEX, 2)))
    assert [(tick.token, tick.mode) for tick in ticks] == [(NSE, "ltp"), (NSE, "quote"), (INDEX, "ltp")]


@pytest.mark.parametrize("beat", [b"\x00", b"\x01"])
def test_heartbeat_is_one_byte_and_no_tick(beat):
    assert ticks_of(beat) == ()


def test_frame_of_no_packets_is_no_tick():
    assert ticks_of(frame()) == ()


WHOLE = frame(packet(NSE, 1), packet(*QUOTE))


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        *[WHOLE[:size] for size in range(2, len(WHOLE))],
        WHOLE + b"\x00",
        frame(b""),
        frame(packet(NSE)),
        frame(packet(NSE, 1, 2)),
        frame(packet(*QUOTE, 1)),
        frame(packet(NSE, 1) + b"\x00"),
    ],
)
def test_broken_frame_is_not_used_at_all(broken):
    with pytest.raises(BadFrame):
        ticks_of(broken)


def sdk_ticks(of_frame: bytes) -> list[dict]:
    return KiteTicker("key", "token")._parse_binary(of_frame)


@given(
    st.sampled_from([NSE, CURRENCY, BSE_CURRENCY, NSE_COMMODITY, 58424839]),
    st.lists(NUMBERS, min_size=10, max_size=10),
    st.lists(NUMBERS, min_size=5, max_size=5),
    st.lists(st.tuples(NUMBERS, NUMBERS, st.integers(0, 65535)), min_size=10, max_size=10),
)
def test_sdk_reads_the_same_numbers_as_floats(token, numbers, more, levels):
    """Its figures are the nearest floats of ours, in every mode and segment."""
    packets = [packet(token, numbers[0]), packet(token, *numbers), packet(token, *numbers, *more, levels=levels)]
    for ours, theirs in zip(ticks_of(frame(*packets)), sdk_ticks(frame(*packets)), strict=True):
        assert (ours.token, ours.mode, float(ours.last)) == (
            theirs["instrument_token"],
            theirs["mode"],
            theirs["last_price"],
        )
        if ours.mode is Mode.LAST:
            continue
        told = {name: float(getattr(ours, name)) for name in ("open", "high", "low", "close")}
        assert told == theirs["ohlc"]
        assert float(ours.average) == theirs["average_traded_price"]
        assert (ours.last_quantity, ours.volume, ours.bid_quantity, ours.ask_quantity) == (
            theirs["last_traded_quantity"],
            theirs["volume_traded"],
            theirs["total_buy_quantity"],
            theirs["total_sell_quantity"],
        )
        if ours.mode is Mode.QUOTE:
            continue
        assert (ours.open_interest, ours.highest_interest, ours.lowest_interest) == (
            theirs["oi"],
            theirs["oi_day_high"],
            theirs["oi_day_low"],
        )
        for side, name in ((ours.bids, "buy"), (ours.asks, "sell")):
            there = [(one["price"], one["quantity"]) for one in theirs["depth"][name] if one["price"]]
            assert [(float(one.price), one.quantity) for one in side] == there


@given(st.lists(NUMBERS, min_size=7, max_size=7))
def test_sdk_reads_the_same_of_an_index(numbers):
    of_frame = frame(packet(INDEX, *numbers[:6]), packet(INDEX, *numbers))
    for ours, theirs in zip(ticks_of(of_frame), sdk_ticks(of_frame), strict=True):
        told = {name: float(getattr(ours, name)) for name in ("open", "high", "low", "close")}
        assert (float(ours.last), told, ours.is_tradable) == (theirs["last_price"], theirs["ohlc"], theirs["tradable"])


@given(st.binary(max_size=400))
def test_any_bytes_are_ticks_or_a_bad_frame(noise):
    with suppress(BadFrame):
        ticks_of(noise)
