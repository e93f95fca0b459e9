from django.urls import include, path

from instruments.views import alerts, books, chart, health, markets, news, quality, watchlists

rooms = [
    path("markets/", markets.markets, name="markets"),
    path("markets/<uuid:instrument>/", markets.instrument, name="instrument"),
    path("markets/<uuid:instrument>/<uuid:listing>/bars/", chart.table, name="bars"),
    path("markets/<uuid:instrument>/<uuid:listing>/bars.json", chart.bars, name="chart-bars"),
    path("markets/<uuid:instrument>/<uuid:listing>/book/", books.book, name="book"),
    path("markets/<uuid:instrument>/watch/", watchlists.watch, name="watch"),
    path("markets/<uuid:instrument>/alerts/", alerts.make, name="make-alert"),
    path("news/", news.news, name="news"),
    path("watchlists/", watchlists.watchlists, name="watchlists"),
    path("watchlists/<uuid:watchlist>/", watchlists.watchlist, name="watchlist"),
    path("watchlists/<uuid:watchlist>/first/", watchlists.first, name="watchlist-first"),
    path("watchlists/<uuid:watchlist>/delete/", watchlists.delete, name="delete-watchlist"),
    path("watchlists/<uuid:watchlist>/<uuid:entry>/move/", watchlists.move, name="move-watched"),
    path("watchlists/<uuid:watchlist>/<uuid:entry>/off/", watchlists.take_off, name="take-off"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/<uuid:alert>/", alerts.alert, name="alert"),
    path("alerts/<uuid:alert>/switch/", alerts.switch, name="switch-alert"),
    path("alerts/<uuid:alert>/delete/", alerts.delete, name="delete-alert"),
    path("data-health/", health.data_health, name="data-health"),
    path("data-quality/", quality.data_quality, name="data-quality"),
    path("data-quality/<uuid:series>/", quality.checked, name="checked-series"),
]

urlpatterns = [
    path("w/<slug:workspace>/", include(rooms)),
    path("api/v1/", include("instruments.api.urls")),
]
