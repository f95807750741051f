"""Runs the server in a process of its own: ``python -m tests.fakes.telegram --port 8081``."""

import argparse
import asyncio
import contextlib
import signal
import sys

from tests.fakes.telegram.api import TEST_TOKEN, BotApi
from tests.fakes.telegram.flood import FloodLimits


async def _serve(options: argparse.Namespace) -> None:
    """Prints the address once it listens; stops on SIGTERM and SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with BotApi.serve(
        token=options.token,
        port=options.port,
        keep_uploads=not options.drop_uploads,
        flood=FloodLimits() if options.flood else None,
    ) as api:
        sys.stdout.write(f"{api.url}\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port; the address is printed")
    parser.add_argument("--token", default=TEST_TOKEN)
    parser.add_argument("--drop-uploads", action="store_true", help="keep only size, hash and pixels")
    parser.add_argument("--flood", action="store_true", help="turn on flood control")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
