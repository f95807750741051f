"""``python -m bench``: Drawbridge against a minimal bot on the same HTTP transport, as ratios of one run.

Both sides are measured in turns, each time in fresh processes, and the medians are compared, so that
whatever else the machine does meets both. Needs two cores or more. Then the waiting for slow gateways is
measured against fixed beats.
"""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from bench import accept, thrift, waiting
from bench.measuring import Session, session
from bench.report import figures, lines, show, show_thrift, show_waiting
from bench.stage import Side

_ROUNDS, _IDLE_JOBS = 3, 15
_QUICK_ROUNDS, _QUICK_IDLE_JOBS = 1, 8


def main() -> None:
    options = _options()
    try:
        asyncio.run(_until_stopped(options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)
    except (RuntimeError, TimeoutError) as error:
        sys.exit(f"bench: {error}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="one round, no history of a million jobs, fewer tasks"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    return parser.parse_args()


async def _until_stopped(options: argparse.Namespace) -> None:
    """SIGTERM, like Ctrl-C, cancels: the processes are stopped on the way out."""
    running = asyncio.current_task()
    assert running is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    await _run(options)


async def _run(options: argparse.Namespace) -> None:
    rounds, idle_jobs = (_QUICK_ROUNDS, _QUICK_IDLE_JOBS) if options.quick else (_ROUNDS, _IDLE_JOBS)
    sessions: dict[Side, list[Session]] = {side: [] for side in Side}
    for turn in range(1, rounds + 1):
        for side in Side:
            print(f"round {turn} of {rounds}: {side} ...", file=sys.stderr, flush=True)
            sessions[side].append(await session(side, idle_jobs))
    accepting: dict[str, float] = {}
    if not options.quick:
        print("accepting, with a long history ...", file=sys.stderr, flush=True)
        accepting = await accept.measure()
    print("waiting for tasks ...", file=sys.stderr, flush=True)
    waited = await waiting.measure(quick=options.quick)
    print("counting calls ...", file=sys.stderr, flush=True)
    thrifty = await thrift.measure(quick=options.quick)
    found = lines(sessions, accepting)
    show(sessions, accepting, found)
    show_waiting(waited)
    show_thrift(thrifty)
    more = {"waiting": waiting.figures(waited), "calls": thrift.figures(thrifty)}
    text = json.dumps(figures(found, accepting) | more)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
