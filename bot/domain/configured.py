"""What all configured data has in common."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=7))]
"""A duration, written as a number of seconds."""

Count = Annotated[int, Field(ge=1, le=1_000_000)]


class Row(BaseModel):
    """Unknown keys are mistakes, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
