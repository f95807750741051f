"""The parts of the EvoLink dialect that are data."""

from pydantic import Field

from bot.providers.options import Taken
from bot.providers.tasks import States
from bot.providers.wire import Path, SizeSign, Wire


class EvoLinkStates(States):
    done: frozenset[str] = frozenset({"completed"})
    failed: frozenset[str] = frozenset({"failed", "cancelled"})


class EvoLinkWire(Wire):
    """Paths, words and fields; `takes` are the optional fields a model documents.

    `micros_per_credit` turns the credits that a task used into micro-dollars where the gateway does not say
    the dollars itself; None leaves the real charge unknown then.
    """

    generations_path: Path = "v1/images/generations"
    tasks_path: Path = "v1/tasks"
    credits_path: Path = "v1/credits"
    files_path: Path = "api/v1/files"
    upload_path: Path = "api/v1/files/upload/stream"
    upload_name_field: str = Field(default="file_name", pattern=r"^[A-Za-z_]+$")
    size_sign: SizeSign = "x"
    takes: frozenset[Taken] = frozenset()
    states: EvoLinkStates = EvoLinkStates()
    micros_per_credit: int | None = Field(default=None, ge=0)
