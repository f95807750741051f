"""EvoLink's books as the customer sees them: the balance, and the public price list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.evolink_orders import ROWS

if TYPE_CHECKING:
    from bot.sandbox.evolink_orders import ModelRow
    from bot.sandbox.memory import Memory

_GRANTED = 10_000_000  # tenths of a credit: out of money only when asked to be
_SHELF, _USED = "evolink/account", "used"


class Account:
    """What was spent, in tenths of a credit."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @property
    def used(self) -> int:
        return int(self._memory.get(_SHELF, _USED) or 0)

    def charge(self, tenths: int) -> None:
        self._memory.put(_SHELF, _USED, b"%d" % (self.used + tenths))

    def statement(self) -> dict[str, Any]:
        """The answer of `/v1/credits`: the account, and the key without a limit of its own."""
        used, left = self.used / 10, (_GRANTED - self.used) / 10
        return {
            "success": True,
            "message": "",
            "data": {
                "user": {"remaining_credits": left, "used_credits": used},
                "token": {"remaining_credits": 0, "used_credits": used, "unlimited_credits": True},
            },
        }


def price_list() -> dict[str, Any]:
    """The answer of `/web/api/models/pricing`: one line per way of being charged."""
    return {"success": True, "message": "", "data": [_line(row) for row in ROWS.values()]}


def _line(row: ModelRow) -> dict[str, Any]:
    return {
        "sku_id": f"sandbox-{row.id}",
        "sku_name": row.id,
        "model_name": row.id,
        "model_type": "image",
        "description": "",
        "vendor_slug": "qwen",
        "billing_rule": "per_image",
        "price_range": {"min_usd": row.usd, "max_usd": row.usd},
        "routing_note": f"${row.usd:.4f} per image",
    }
