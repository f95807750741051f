"""People and chats besides their jobs, on an open database."""

from typing import Any

from bot.core.ids import new_id
from bot.domain.ids import Millis
from bot.domain.settings import Ask, ChatSettings, PersonSettings
from bot.ports.people import Acquaintance
from bot.store import rows
from bot.store.accounts import find_account, make_account
from bot.store.database import Connection, Database, load_queries


class PeopleStore:
    """Implements `bot.ports.people.People`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries: Any = load_queries()

    async def recall(self, platform: str, person: str, chat: str) -> Acquaintance:
        reader = self._database.reader
        row = await self._queries.recall(reader, platform=platform, person=person, chat=chat)
        return rows.acquaintance_from(row)

    async def keep_person(self, platform: str, person: str, settings: PersonSettings, now: Millis) -> None:
        async def work(connection: Connection) -> None:
            account = await find_account(self._queries, connection, platform, person)
            if account is None:
                account = await make_account(self._queries, connection, platform, person, now)
            text = rows.person_text(settings)
            await self._queries.keep_settings(connection, id=account, settings=text)

        await self._database.write(work)

    async def keep_chat(self, platform: str, chat: str, settings: ChatSettings, now: Millis) -> None:
        async def work(connection: Connection) -> None:
            await self._queries.keep_chat(
                connection, id=new_id(now), platform=platform, chat=chat, settings=rows.chat_text(settings)
            )

        await self._database.write(work)

    async def keep_ask(self, platform: str, chat: str, person: str, ask: Ask | None) -> None:
        async def work(connection: Connection) -> None:
            where = {"platform": platform, "chat": chat, "person": person}
            if ask is None:
                await self._queries.drop_ask(connection, **where)
            else:
                content = rows.ask_text(ask)
                await self._queries.keep_ask(connection, **where, content=content, asked_at=ask.asked_at)

        await self._database.write(work)

    async def move_chat(self, platform: str, old: str, new: str) -> None:
        async def work(connection: Connection) -> None:
            await self._move_day_and_settings(connection, platform, old, new)
            await self._queries.move_jobs(connection, platform=platform, old=old, new=new)
            await self._queries.move_asks(connection, platform=platform, old=old, new=new)
            await self._queries.drop_asks_of_chat(connection, platform=platform, chat=old)

        if old != new:
            await self._database.write(work)

    async def _move_day_and_settings(self, connection: Connection, platform: str, old: str, new: str) -> None:
        """The chat keeps its row; one that was made for its new number meanwhile is taken into it."""
        chat = await self._queries.get_chat(connection, platform=platform, chat=old)
        if chat is None:
            return
        other = await self._queries.get_chat(connection, platform=platform, chat=new)
        if other:
            await self._queries.merge_entries(connection, from_id=other["id"], to_id=chat["id"])
            await self._queries.drop_chat(connection, id=other["id"])
        settings = other["settings"] if other else None
        await self._queries.renumber_chat(connection, id=chat["id"], chat=new, settings=settings)
