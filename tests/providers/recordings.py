"""The recorded answers of `fixtures/<gateway>/<name>.json`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent / "fixtures"


@dataclass(frozen=True, slots=True)
class Recorded:
    """An answer to a submission or, of a task, to a question (`asked`), and what is to be understood."""

    gateway: str
    name: str
    says: str
    asked: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    expect: Mapping[str, Any]


def _read(file: Path) -> Recorded:
    case = json.loads(file.read_text("utf-8"))
    body = case.pop("text") if "text" in case else json.dumps(case.pop("body"))
    return Recorded(gateway=file.parent.name, name=file.stem, body=body.encode(), **case)


RECORDINGS = [_read(file) for file in sorted(FIXTURES.glob("*/*.json"))]
