"""Binance spot's wire: REST, market streams and the WebSocket API, written from the official documents."""
