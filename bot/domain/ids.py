"""Identifiers. All are text, so that both database engines and every platform keep them unchanged."""

from typing import NewType

JobId = NewType("JobId", str)
CallId = NewType("CallId", str)
PictureId = NewType("PictureId", str)
AccountId = NewType("AccountId", str)
EntryId = NewType("EntryId", str)
GatewayId = NewType("GatewayId", str)

Millis = NewType("Millis", int)
"""A moment: UTC milliseconds since 1970-01-01."""

Micros = NewType("Micros", int)
"""An amount of money: millionths of a US dollar."""
