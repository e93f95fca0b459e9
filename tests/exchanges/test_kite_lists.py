"""Kite's dump, built from the shared list of Indian shares, becomes a catalogue that can be searched."""

import csv

import pytest

from exchanges.adapters.zerodha_listings import Listings
from exchanges.domain.listed import listing_facts
from exchanges.domain.venues.zerodha import ZERODHA
from instruments.markets import search_instruments
from instruments.models import Instrument, Listing
from instruments.services.catalogue import refresh_listings
from tests.shared_data import shared

HEADER = (
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,"
    "instrument_type,segment,exchange"
)


@pytest.fixture
def dump() -> str:
    shares = shared("instruments/india_nifty500.csv")
    lines = [HEADER]
    with shares.open(encoding="utf-8") as told:
        for number, row in enumerate(csv.DictReader(told), start=1):
            name = row["name"].upper().replace(",", " ")
            for exchange, token in (("NSE", number * 256), ("BSE", number * 256 + 1)):
                lines.append(f"{token},{number},{row['symbol']},{name},0.0,,0.0,0.05,1,EQ,{exchange},{exchange}")
    return "\n".join(lines)


def load(dump, now):
    told = [listing_facts(one, ZERODHA) for one in Listings(dump)]
    return refresh_listings(venue="zerodha", listings=told, now=now)


@pytest.mark.django_db
def test_two_hundred_indian_shares_and_more_are_listed_and_found(dump, now):
    done = load(dump, now)
    assert done.refused == ()
    shares = Instrument.objects.filter(kind="equity", quote="INR")
    assert shares.count() >= 200
    # NSE's and BSE's of one company are one instrument with two listings.
    assert Listing.objects.filter(instrument__code="INFY/INR").count() == 2
    assert [one.instrument.code for one in search_instruments("infosys", now=now)] == ["INFY/INR"]
    assert search_instruments("relaince", now=now)[0].instrument.code.startswith("RELIANCE")
    again = load(dump, now)
    assert (again.new, again.changed, again.gone) == (0, 0, 0)
