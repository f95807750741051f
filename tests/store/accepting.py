"""A process that accepts without end and says what it was told: for a test that kills it.

python -m tests.store.accepting FILE FIRST_NUMBER
"""

import asyncio
import sys
from itertools import count
from pathlib import Path

from bot.store.database import open_database
from bot.store.jobs import JobStore
from tests.store.scenes import accepted


async def main(path: Path, first: int) -> None:
    async with open_database(path) as database:
        store = JobStore(database)
        for number in count(first, 10):
            jobs = [accepted(store, number + n, person=str(n)) for n in range(10)]
            for accepting in asyncio.as_completed(jobs):
                print((await accepting).id, flush=True)  # noqa: T201 - this is how it reports


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
