from django.urls import path

from instruments.api import candles, news, quality, views

urlpatterns = [
    path("instruments", views.Instruments.as_view(), name="api-instruments"),
    path("instruments/<uuid:instrument>", views.OneInstrument.as_view(), name="api-instrument"),
    path("candles", candles.Candles.as_view(), name="api-candles"),
    path("quality", quality.Quality.as_view(), name="api-quality"),
    path("quality/scores", quality.QualityScores.as_view(), name="api-quality-scores"),
    path("quality/findings", quality.QualityFindings.as_view(), name="api-quality-findings"),
    path("news", news.News.as_view(), name="api-news"),
    path("calendars", views.Calendars.as_view(), name="api-calendars"),
    path("calendars/<slug:calendar>", views.OneCalendar.as_view(), name="api-calendar"),
    path("watchlists", views.Watchlists.as_view(), name="api-watchlists"),
    path("watchlists/<uuid:watchlist>", views.OneWatchlist.as_view(), name="api-watchlist"),
    path("watchlists/<uuid:watchlist>/<uuid:instrument>", views.OneWatched.as_view(), name="api-watched"),
    path("alerts", views.Alerts.as_view(), name="api-alerts"),
    path("alerts/<uuid:alert>", views.OneAlert.as_view(), name="api-alert"),
]
