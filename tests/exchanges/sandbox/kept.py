"""A process that trades at random in a sandbox that is kept in a file, until it is killed."""

import asyncio
import sys
from pathlib import Path

from exchanges.sandbox.store import Store
from tests.exchanges.sandbox.test_conservation import Trial


async def trade(path: Path, seed: str) -> None:
    trial = Trial(seed)
    store = Store(path, trial.world)
    for account in trial.accounts:
        trial.house.keeper.changed(account)
    keeping = asyncio.create_task(store.run())
    sys.stdout.write("trading\n")
    sys.stdout.flush()
    while not keeping.done():
        trial.step()
        await asyncio.sleep(0)
    keeping.result()


asyncio.run(trade(Path(sys.argv[1]), sys.argv[2]))
