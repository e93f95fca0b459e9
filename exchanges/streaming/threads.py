"""Threads for what waits: the database and REST. They are daemons, so that a question under way holds up no stop."""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import close_old_connections, connections

from kernel.logs.setup import get_logger

log = get_logger(__name__)

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class StreamThread:
    """Runs one call after the other, with a connection of its own."""

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        threading.Thread(target=self._work, name=f"stream-{name}", daemon=True).start()

    async def run(self, function: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs) -> Answer:
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Answer] = loop.create_future()

        def call() -> None:
            close_old_connections()
            try:
                answer = function(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - handed to who waits
                _hand(loop, answered, error=error)
            else:
                _hand(loop, answered, answer=answer)
            finally:
                close_old_connections()

        self._calls.put(call)
        return await answered

    def post(self, function: Callable[..., object], *args: object) -> None:
        """Has it done, and waits for nothing; an error is logged."""

        def call() -> None:
            close_old_connections()
            try:
                function(*args)
            except Exception as error:  # noqa: BLE001 - nobody waits for it
                log.warning("stream.not_done", what=function.__name__, error=type(error).__name__)
            finally:
                close_old_connections()

        self._calls.put(call)

    def close(self) -> None:
        """After what is under way it gives its connection back and ends."""
        self._calls.put(_end)

    def _work(self) -> None:
        while True:
            call = self._calls.get()
            call()
            if call is _end:
                return


class StreamThreads:
    """Several; what belongs to one key is done in one of them, in order."""

    def __init__(self, name: str, count: int) -> None:
        self._threads = [StreamThread(f"{name}-{number}") for number in range(count)]

    def of(self, key: UUID) -> StreamThread:
        return self._threads[key.int % len(self._threads)]

    def close(self) -> None:
        for thread in self._threads:
            thread.close()


def _end() -> None:

    connections.close_all()


def _hand(loop: asyncio.AbstractEventLoop, future: "asyncio.Future[Any]", **told: Any) -> None:
    def give() -> None:
        if future.done():
            return
        if "error" in told:
            future.set_exception(told["error"])
        else:
            future.set_result(told["answer"])

    try:
        loop.call_soon_threadsafe(give)
    except RuntimeError:
        # The loop is closed: nobody waits any more.
        return
