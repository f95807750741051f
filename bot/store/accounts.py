"""Accounts: who pays, and by which names the platforms know them."""

from typing import Any

from bot.core.ids import new_id
from bot.domain.ids import AccountId, Millis
from bot.store.database import Connection


async def find_account(queries: Any, connection: Connection, platform: str, person: str) -> AccountId | None:
    row = await queries.find_account(connection, platform=platform, person=person)
    return AccountId(row["account_id"]) if row else None


async def make_account(
    queries: Any, connection: Connection, platform: str, person: str, now: Millis
) -> AccountId:
    """An account for somebody who has none."""
    account = AccountId(new_id(now))
    await queries.add_account(connection, id=account, created_at=now)
    await queries.add_identity(connection, platform=platform, person=person, account_id=account)
    return account
