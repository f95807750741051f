"""What can be set when a sandbox is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.sandbox.drawing import Painter, paint_scene

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a sandbox behaves when nothing is broken on purpose; the same for every gateway in it."""

    latency: timedelta = timedelta(0)
    """How long a gateway works on accepted pictures, before it answers or before a task is finished."""
    spread: timedelta = timedelta(0)
    """Up to this much is added to the latency, evenly distributed."""
    keys: frozenset[str] | None = None
    """The accepted keys; None accepts every key that does not start with `wrong` or `bad-key`."""
    link_life: timedelta | None = None
    """How long a result link answers; afterwards 404. None: what the gateway says, or an hour."""
    capacity: Mapping[str, int] = field(default_factory=dict)
    """Gateway id to the submissions it works on at once; one more is answered 429. No entry: no limit."""
    body_limit: int = 1024 * 1024
    """Bytes of a JSON body; more is refused as too large. Bodies with images may have 64 MiB."""
    allow_loopback: bool = False
    """Gateways that call and fetch only public addresses over HTTPS do so on this machine too, over HTTP."""
    callback_pace: float = 1.0
    """Scales the pauses between the attempts of a callback."""
    status_in_body_only: bool = False
    """qwen-image-2512.org answers errors with HTTP 200 and tells the code in the body alone."""
    memory: Path | None = None
    """A folder where tasks, result links and the port outlive the process, even a killed one.

    A submission that was cut off before its answer is lost all the same. None: nothing is kept.
    """
    painter: Painter = paint_scene
    """Paints the pictures, in a thread. `drawing.paint_plain` is the quick one for tests with hundreds."""
