"""How the wire tables of the catalogue are read: what all dialects' models have in common."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from bot.domain.geometry import Size

SizeSign = Literal["x", "*"]
Path = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^/:?#\s][^:?#\s]*$")]
"""A path below the base address: without a slash in front, so that it stays below it."""


class Wire(BaseModel):
    """A gateway's or route's `wire` table, typed. Unknown keys are mistakes, everything has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def written(size: Size, sign: SizeSign) -> str:
    """A size as a gateway wants to read it, such as `1024*768`."""
    return f"{size.width}{sign}{size.height}"
