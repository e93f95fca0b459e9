"""How long a connection may keep the sandbox waiting for a whole request, before it is closed without a word."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Of real time: it is the machine's room that a half-open connection takes, not the venue's.
SECONDS = 20.0


class PatientProtocol(HttpToolsProtocol):
    """uvicorn waits for ever for a first request, and for the rest of one that was begun."""

    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        self._wait()
        super().data_received(data)

    def on_message_complete(self) -> None:
        self._stop()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._stop()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._end is None:
            self._end = self.loop.call_later(SECONDS, self.transport.abort)

    def _stop(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
