"""Run apart, for its reactor runs once in a process: the stock ticker, and what it was told, as JSON.

Told by its arguments: the address, the api_key and the access token.
"""

import json
import sys
import threading

from kiteconnect import KiteConnect, KiteTicker

_SECONDS = 20
_INFY, _INDEX = 408065, 256265


def main(address: str, api_key: str, access_token: str) -> None:
    kite = KiteConnect(api_key, access_token=access_token, root=address)
    ticker = KiteTicker(api_key, access_token, root=address.replace("http", "ws", 1))
    ticks, orders, raw = {}, [], {"heartbeats": 0, "texts": 0}
    has_ticks, is_over = threading.Event(), threading.Event()

    def on_connect(ws, response):
        ws.subscribe([_INFY, _INDEX])
        ws.set_mode(ws.MODE_FULL, [_INFY, _INDEX])

    def on_ticks(ws, told):
        for tick in told:
            ticks.setdefault(tick["instrument_token"], []).append(tick)
        if all(any(one["mode"] == "full" for one in ticks.get(token, ())) for token in (_INFY, _INDEX)):
            has_ticks.set()

    def on_message(ws, payload, is_binary):
        raw["heartbeats"] += is_binary and len(payload) == 1
        raw["texts"] += not is_binary

    def on_order_update(ws, told):
        orders.append(told)
        if told["status"] == "COMPLETE":
            is_over.set()

    ticker.on_connect, ticker.on_ticks, ticker.on_message = on_connect, on_ticks, on_message
    ticker.on_order_update = on_order_update
    ticker.connect(threaded=True)
    assert has_ticks.wait(_SECONDS), ticks
    number = kite.place_order("regular", "NSE", "INFY", "BUY", 2, "CNC", "MARKET", market_protection=-1, tag="ticker")
    assert is_over.wait(_SECONDS), orders
    ticker.unsubscribe([_INDEX])
    ticker.close()
    last = {token: [one for one in told if one["mode"] == "full"][-1] for token, told in ticks.items()}
    told = {"order": number, "orders": orders, "ticks": last, **raw}
    sys.stdout.write(json.dumps(told, default=str) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
