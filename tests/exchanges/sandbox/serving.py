"""The sandbox on a port of loopback, under uvicorn in a thread of this process, so that a test can look inside too."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import uvicorn

from exchanges.sandbox.patience import PatientProtocol
from exchanges.sandbox.world import World

_SECONDS = 30
R = TypeVar("R")


class Running:
    def __init__(self, world: World, loop: asyncio.AbstractEventLoop, port: int) -> None:
        self.world, self._loop = world, loop
        self.address = f"http://127.0.0.1:{port}"
        self.socket_address = f"ws://127.0.0.1:{port}"

    def do(self, what: Callable[[], R]) -> R:
        """Does it in the sandbox's own thread, where its state may be touched."""

        async def done() -> R:
            return what()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(_SECONDS)


@contextmanager
def serving(world: World) -> Iterator[Running]:
    loop = asyncio.new_event_loop()
    config = uvicorn.Config(
        world.server,
        host="127.0.0.1",
        port=0,
        http=PatientProtocol,
        lifespan="off",
        access_log=False,
        log_level="error",
        ws_ping_interval=20,
    )
    server = uvicorn.Server(config)

    async def run() -> None:
        beat = asyncio.create_task(world.server.beat())
        try:
            await server.serve()
        finally:
            beat.cancel()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    begun = threading.Event()
    for _ in range(_SECONDS * 100):
        if server.started:
            break
        begun.wait(0.01)
    try:
        yield Running(world, loop, server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(_SECONDS)
        loop.close()
