"""What can be traded, and its prices: the platform's, readable by all, written in the operator's scope.

Watchlists and alerts are a workspace's own.
"""

from instruments.models.alert import AlertFiring, PriceAlert
from instruments.models.book import OrderBook
from instruments.models.candle import CandleRow
from instruments.models.corporate_action import CorporateAction
from instruments.models.disagreement import Disagreement
from instruments.models.figures import ListingFigures
from instruments.models.instrument import Instrument
from instruments.models.last_price import LastPrice
from instruments.models.listing import Listing
from instruments.models.news import NewsItem, NewsMatch, NewsSource
from instruments.models.quality import CheckedSeries, QualityFinding, QualityScore, RepairProposal
from instruments.models.reading import CatalogueReading
from instruments.models.series import CandleFile, CandleSeries
from instruments.models.source import Failover, SourceChoice, SourceStanding
from instruments.models.watchlist import Watchlist, WatchlistEntry
from instruments.models.word import SearchWord

__all__ = [
    "AlertFiring",
    "CandleFile",
    "CandleRow",
    "CandleSeries",
    "CatalogueReading",
    "CheckedSeries",
    "CorporateAction",
    "Disagreement",
    "Failover",
    "Instrument",
    "LastPrice",
    "Listing",
    "ListingFigures",
    "NewsItem",
    "NewsMatch",
    "NewsSource",
    "OrderBook",
    "PriceAlert",
    "QualityFinding",
    "QualityScore",
    "RepairProposal",
    "SearchWord",
    "SourceChoice",
    "SourceStanding",
    "Watchlist",
    "WatchlistEntry",
]
