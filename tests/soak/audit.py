"""What must be true when a crowd has been served."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes.telegram import BotApi, Message
from tests.soak.crowd import Crowd, Deed

_CHINESE = re.compile("[\u4e00-\u9fff]")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Books:
    """The database, read by an auditor's own queries."""

    jobs: Mapping[str, Row]
    deliveries: Mapping[str, list[Row]]
    open_holds: int
    holds: int
    untold: int

    @classmethod
    def read(cls, database: Path) -> "Books":
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN")

            def one(query: str) -> int:
                return int(connection.execute(query).fetchone()[0])

            deliveries: dict[str, list[Row]] = {}
            for row in connection.execute(
                "SELECT deliveries.*, pictures.job_id, pictures.bytes FROM deliveries"
                " JOIN pictures ON pictures.id = deliveries.picture_id"
            ):
                deliveries.setdefault(row["job_id"], []).append(dict(row))
            return cls(
                jobs={row["event_key"]: dict(row) for row in connection.execute("SELECT * FROM jobs")},
                deliveries=deliveries,
                holds=one("SELECT COUNT(*) FROM entries WHERE kind = 'hold'"),
                open_holds=one(
                    "SELECT COUNT(*) FROM entries AS hold WHERE kind = 'hold' AND NOT EXISTS"
                    " (SELECT 1 FROM entries WHERE closes = hold.id)"
                ),
                untold=one("SELECT COUNT(*) FROM jobs WHERE told_at IS NULL"),
            )


class Audit:
    """Checks raise AssertionError. `kept`: how many deeds became jobs, how many pictures arrived."""

    def __init__(self, crowd: Crowd, books: Books) -> None:
        self._crowd = crowd
        self._botapi: BotApi = crowd.botapi
        self._books = books
        chats = {chat.id: chat for person in crowd.people for chat, _ in person.places}
        self._history = {
            (str(chat.id), str(message.id)): message
            for chat in chats.values()
            for message in (*self._botapi.replies(chat), *self._botapi.deleted(chat))
            if message.sender == self._botapi.world.bot
        }
        self._answers: Counter[int] = Counter(
            id(message.reply_to) for message in self._history.values() if message.reply_to
        )

    @property
    def pictures(self) -> int:
        return sum(map(len, self._books.deliveries.values()))

    def check(self) -> None:
        assert self._books.untold == 0
        assert self._books.open_holds == 0
        assert self._books.holds == len(self._books.jobs)
        for deed in self._crowd.deeds:
            self._check_answer(deed)
        self._check_nothing_came_twice()
        unanswered = [query for query in self._botapi.queries() if query.answer is None]
        assert unanswered == []
        assert self._botapi.violations == []

    def _check_answer(self, deed: Deed) -> None:
        """A job's pictures or its last words; or words alone where there is no job."""
        job = self._books.jobs.get(deed.event_key)
        if job is None:
            assert deed.said is None or self._answers[id(deed.said)], f"nobody answered {deed}"
            return
        delivered = self._books.deliveries.get(job["id"], [])
        wanted = json.loads(job["request"])["output"]
        for row in delivered:
            message = self._history[row["chat"], row["message"]]
            if message.file is None or message.file.kind != wanted.replace("file", "document"):
                continue  # shown once more, to whoever asked for that
            self._check_place(deed, message)
        if job["status_message"]:
            self._check_place(deed, self._history[str(deed.chat.id), job["status_message"]])
        assert delivered or job["status_message"], f"nothing came of {deed}: {job}"

    def _check_place(self, deed: Deed, message: Message) -> None:
        assert message.chat is deed.chat, deed
        assert deed.topic is None or message.thread_id == deed.topic.id, deed
        if message.rich.text:
            assert bool(_CHINESE.search(message.rich.text)) == deed.chinese, (deed, message.rich.text)

    def _check_nothing_came_twice(self) -> None:
        """Every picture in a chat is one that was written down, and nobody was told the same twice."""
        noted = {(row["chat"], row["message"]) for rows in self._books.deliveries.values() for row in rows}
        posted = {place for place, message in self._history.items() if message.file}
        assert posted == {place for place in noted if self._history[place].file}
        said = Counter(
            (message.reply_to.chat.id, message.reply_to.id, message.text)
            for message in self._history.values()
            if message.reply_to and message.reply_to.sender != message.sender and message.text
        )
        assert not (twice := [about for about, times in said.items() if times > 1]), twice
