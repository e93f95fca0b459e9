"""Messages of Kraken's `book` channel, with figures as they stand on its wire and checksums reckoned from them."""

import json
import zlib


class Number(str):
    """A figure that stands on the wire as a JSON number, with just these digits."""


def wire(message):
    """JSON with the digits of every Number as they are."""
    text = json.dumps(message, default=str)
    for one in sorted(_numbers(message), key=len, reverse=True):
        text = text.replace(f'"{one}"', one)
    return text


def _numbers(part):
    if isinstance(part, Number):
        yield part
    elif isinstance(part, dict):
        for one in part.values():
            yield from _numbers(one)
    elif isinstance(part, list):
        for one in part:
            yield from _numbers(one)


def checksum(bids, asks):
    """Reckoned here once more, from the texts on the wire alone."""
    text = "".join(
        one.replace(".", "").lstrip("0") for side in (asks, bids) for level in side[:10] for one in level[:2]
    )
    return zlib.crc32(text.encode())


def kraken(kind, bids=(), asks=(), *, sum_of, at="2025-11-21T08:00:01.123456Z", **more):
    def side(told):
        return [{"price": Number(price), "qty": Number(quantity)} for price, quantity in told]

    one = {"symbol": "BTC/USD", "bids": side(bids), "asks": side(asks), "checksum": sum_of, **more}
    return {"channel": "book", "type": kind, "data": [one if at is None else {**one, "timestamp": at}]}
