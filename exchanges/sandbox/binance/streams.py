"""The market's streams: who gets which, and how often. binance/binance-spot-api-docs a5e0bc3 (2026-07-21),
web-socket-streams.md.

The market moves four times a second, so what the venue sends in real time or every 100 ms comes every 250 ms. An event
is made once and sent to all who wait for it. Of a name that is no stream nothing ever comes, as at the venue.
"""

from dataclasses import dataclass, field
from itertools import count
from urllib.parse import parse_qs

from exchanges.sandbox.binance.limits import Limits
from exchanges.sandbox.binance.stream_events import Feed, Feeds
from exchanges.sandbox.binance.stream_requests import Answered, answer
from exchanges.sandbox.clock import Clock
from exchanges.sandbox.server import Socket

_DAY, _WARNED = 86_400, 30
_MOST_STREAMS = 1024
_MOST_MESSAGES = 5


@dataclass(slots=True, eq=False)
class Listener:
    """One client's socket."""

    socket: Socket
    is_combined: bool
    ends_at: int
    warns_at: int
    is_warned: bool = False
    #: In the order of subscribing.
    streams: dict[str, None] = field(default_factory=dict)
    second: int = 0
    messages: int = 0


@dataclass(slots=True)
class _Channel:
    feed: Feed | None
    listeners: dict[int, Listener] = field(default_factory=dict)
    due_at: int = 0


class Streams:
    def __init__(self, *, feeds: Feeds, limits: Limits, clock: Clock) -> None:
        self._feeds, self._limits, self._clock = feeds, limits, clock
        self.listeners: dict[int, Listener] = {}
        self._channels: dict[str, _Channel] = {}
        self._names = count(1)

    async def serve(self, socket: Socket) -> None:
        await socket.accept()
        now = self._clock.now()
        ends = now + self._clock.milliseconds(_DAY)
        listener = Listener(
            socket, socket.path.startswith("/stream"), ends, ends - self._clock.milliseconds(_WARNED)
        )  # fmt: skip
        name = next(self._names)
        self.listeners[name] = listener
        try:
            self._subscribe(name, listener, _named(socket))
            await socket.run(lambda message: self._take(name, listener, message))
        finally:
            del self.listeners[name]
            for stream in list(listener.streams):
                self._leave(name, listener, stream)

    def pulse(self) -> None:
        now = self._clock.now()
        for stream, channel in list(self._channels.items()):
            if channel.feed is None or now < channel.due_at:
                continue
            channel.due_at = now + self._clock.milliseconds(channel.feed.period)
            for event in channel.feed.take():
                self._send(stream, channel, event)
        for listener in list(self.listeners.values()):
            if now >= listener.warns_at and not listener.is_warned:
                self.warn(listener)
            if now >= listener.ends_at:
                listener.socket.end(1000)

    def warn(self, listener: Listener) -> None:
        listener.is_warned = True
        told = f'{{"e":"serverShutdown","E":{self._clock.told()}}}'
        listener.socket.push(_combined("!serverShutdown", told) if listener.is_combined else told)

    # ---- within ----

    def _send(self, stream: str, channel: _Channel, event: bytes) -> None:
        raw = event.decode()
        combined: str | None = None
        for listener in channel.listeners.values():
            if not listener.is_combined:
                listener.socket.push(raw)
                continue
            if combined is None:
                combined = _combined(stream, raw)
            listener.socket.push(combined)

    def _take(self, name: int, listener: Listener, message: str | bytes) -> None:
        second = self._clock.now() // max(1, self._clock.milliseconds(1))
        if second != listener.second:
            listener.second, listener.messages = second, 0
        listener.messages += 1
        if listener.messages > _MOST_MESSAGES:
            listener.socket.end(1008)
            return
        found: Answered = answer(message, streams=list(listener.streams), is_combined=listener.is_combined)
        self._subscribe(name, listener, found.subscribe)
        for stream in found.unsubscribe:
            self._leave(name, listener, stream)
        if found.combined is not None:
            listener.is_combined = found.combined
        listener.socket.push(found.reply)

    def _subscribe(self, name: int, listener: Listener, streams: list[str]) -> None:
        if len(set(streams) | set(listener.streams)) > _MOST_STREAMS:
            listener.socket.end(1008)
            return
        for stream in streams:
            if stream in listener.streams:
                continue
            listener.streams[stream] = None
            channel = self._channels.get(stream)
            if channel is None:
                channel = self._channels[stream] = _Channel(self._feeds.open(stream))
            channel.listeners[name] = listener

    def _leave(self, name: int, listener: Listener, stream: str) -> None:
        if stream not in listener.streams:
            return
        del listener.streams[stream]
        channel = self._channels[stream]
        del channel.listeners[name]
        if not channel.listeners:
            del self._channels[stream]
            if channel.feed is not None:
                channel.feed.close()


def _named(socket: Socket) -> list[str]:
    if socket.path.startswith("/stream"):
        told = parse_qs(socket.query).get("streams", [""])[0]
        return [one for one in told.split("/") if one]
    return [one for one in socket.path.removeprefix("/ws").split("/") if one]


def _combined(stream: str, raw: str) -> str:
    return f'{{"stream":"{stream}","data":{raw}}}'
