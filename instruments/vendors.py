"""The vendors of this instance, as its settings name and key them."""

from django.conf import settings

from instruments.adapters.alpha_vantage import ADDRESS as ALPHA_VANTAGE
from instruments.adapters.alpha_vantage import AlphaVantage
from instruments.adapters.coingecko import ADDRESS as COINGECKO
from instruments.adapters.coingecko import CoinGecko
from instruments.adapters.frankfurter import ADDRESS as FRANKFURTER
from instruments.adapters.frankfurter import Frankfurter
from instruments.adapters.yahoo import ADDRESS as YAHOO
from instruments.adapters.yahoo import Yahoo
from instruments.sources import register_source


def register() -> None:
    def where(name: str, usual: str) -> str:
        return settings.VENDOR_ADDRESSES.get(name, usual)

    register_source(Yahoo(address=where("yahoo", YAHOO)))
    register_source(AlphaVantage(key=settings.ALPHA_VANTAGE_KEY, address=where("alpha_vantage", ALPHA_VANTAGE)))
    register_source(CoinGecko(key=settings.COINGECKO_KEY, address=where("coingecko", COINGECKO)))
    register_source(Frankfurter(address=where("frankfurter", FRANKFURTER)))
