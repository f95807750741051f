"""What must be true of the outside world and of the database when everything is over."""

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bot.domain.problems import Key, problem
from bot.i18n.folder import locales_folder
from bot.i18n.texts import FluentTexts
from bot.providers.catalogue import load
from tests.crash.books import JobBooks, Row
from tests.crash.service import KEYS, TOKEN
from tests.crash.town import Town, Wish
from tests.fakes.telegram import Message

_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_MILLISECONDS: Final = 1000
_HARMLESS_ERROR: Final = "call unclear: it may have been paid for"
_REPLAYS: Final = "evolink"


@dataclass(frozen=True, slots=True)
class Case:
    """A wish, what the database says about it, and what its person was sent for it."""

    wish: Wish
    books: JobBooks
    statuses: Sequence[Message]
    pictures: Sequence[Message]

    def __str__(self) -> str:
        wish, calls = self.wish, [(call["state"], call["attempts"]) for call in self.books.calls]
        said = [(message.sent_at, message.text) for message in self.statuses]
        sent = [(message.sent_at, _hash(message)[:6]) for message in self.pictures]
        asked = f"{wish.prompt!r} x{wish.count} of {wish.model}"
        return f"{asked}: {dict(self.books.job)}, calls {calls}, said {said}, sent {sent}"


class Verdict:
    """Everything about a town in which all wishes are over. Checks raise AssertionError."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._texts = FluentTexts(locales_folder())
        self._titles = {str(id_): row.title for id_, row in load(None).gateways.items()}
        self.books = town.books()
        sent = _sent(town)
        self.cases = [
            Case(
                wish,
                self.books.jobs[wish.place],
                [message for message in sent[wish.place] if message.file is None],
                [message for message in sent[wish.place] if message.file is not None],
            )
            for wish in town.wishes
        ]

    def check(self) -> None:
        """All of it."""
        assert self.books.damage == ""
        assert self.books.rows == len(self._town.wishes), "a wish opened no job, or two"
        for case in self.cases:
            self._check_end(case)
            self._check_money(case)
            self._check_submissions(case)
            self._check_pictures(case)
            self._check_place(case)
            self._check_repetitions(case)
        self.check_log()
        assert self._town.api.violations == []

    def check_log(self) -> None:
        """No secret, no trace of a bug, no error but that of an answer that was lost."""
        log = self._town.service.log
        for secret in (TOKEN, TOKEN.partition(":")[2], *KEYS.values()):
            assert secret not in log
        assert "Traceback" not in log, log[log.index("Traceback") - 500 :][:5000]
        bad = [line for line in log.splitlines() if re.search(r"\blevel=(error|critical)\b", line)]
        assert [line for line in bad if _HARMLESS_ERROR not in line] == []

    @property
    def lost_answers(self) -> int:
        """Calls that were given up because nobody knows whether they were taken."""
        return sum(len(case.books.lost_answers) for case in self.cases)

    @property
    def delivered(self) -> int:
        """Pictures that arrived, repetitions not counted."""
        return sum(len(case.books.delivered) for case in self.cases)

    @property
    def repetitions(self) -> int:
        """Messages that people got more than once."""
        statuses = sum(max(0, len(case.statuses) - 1) for case in self.cases)
        return statuses + sum(len(case.pictures) - len(case.books.pictures) for case in self.cases)

    @property
    def interrupted(self) -> int:
        """Jobs during whose life a process was killed."""
        kills = [at * _MILLISECONDS for at in self._town.service.kills]
        spans = [(case.books.job["created_at"], case.books.job["finished_at"]) for case in self.cases]
        return sum(any(begun < at < ended for at in kills) for begun, ended in spans)

    # --- one wish ----------------------------------------------------------------------------------

    def _check_end(self, case: Case) -> None:
        """Whoever got all pictures got them; everybody else knows why and what was returned."""
        books, wish = case.books, case.wish
        assert books.state == ("done" if books.pictures else "failed"), str(case)
        assert books.job["locale"] == wish.locale
        ends = {"fetched", "abandoned", "rejected"}
        assert [call for call in books.calls if call["state"] not in ends] == [], str(case)
        assert len(books.calls_in("abandoned")) == len(books.lost_answers), str(case)
        assert all(_is_taken_over(call, books) for call in books.calls_in("rejected")), str(case)
        known = books.job["status_message"]
        if len(books.pictures) == wish.count == 1:  # the picture says it all
            # What may stand there was posted by processes that were killed in the middle of it.
            finished = self._life(books.job["finished_at"] / _MILLISECONDS)
            assert all(self._life(message.sent_at) < finished for message in case.statuses), str(case)
        else:
            last = next(message for message in case.statuses[::-1] if str(message.id) == known)
            assert last is case.statuses[-1], str(case)
            assert last.text in self._last_words(case), str(case)

    def _last_words(self, case: Case) -> set[str]:
        """What the status message may say in the end; how many seconds it took does not matter."""
        books, wish = case.books, case.wish
        done = len(books.pictures)
        returned = wish.count - done
        whys = {self._why(wish, call["gateway"]) for call in books.lost_answers}
        if not done:
            say = partial(self._texts.say, wish.locale, "status-failed", returned=returned)
            return {say(why=why) for why in whys}
        words = {
            self._texts.say(
                wish.locale, "status-done", count=wish.count, done=done, seconds=seconds, returned=returned
            )
            for seconds in range(600)
        }
        return {f"{text}\n{why}" for text in words for why in whys} if returned else words

    def _why(self, wish: Wish, gateway: str) -> str:
        lost = problem(Key.ANSWER_LOST, gateway=self._titles[gateway])
        return self._texts.explain(wish.locale, lost)

    def _check_money(self, case: Case) -> None:
        """One hold, closed once: settled is what was delivered, and the rest was returned."""
        assert len(case.books.holds) == 1, str(case)
        assert len(case.books.closings) == 1, str(case)
        hold, closing = case.books.holds[0], case.books.closings[0]
        delivered = len(case.books.delivered)
        assert closing["closes"] == hold["id"]
        assert closing["kind"] == ("settle" if delivered else "release"), str(case)
        assert hold["held"] == case.wish.count
        assert (closing["settled"], closing["returned"]) == (delivered, case.wish.count - delivered), str(
            case
        )

    def _check_submissions(self, case: Case) -> None:
        """No more than planned was paid for anywhere, and what was paid for and not lost was used."""
        for gateway in KEYS:
            calls = [call for call in case.books.calls if call["gateway"] == gateway]
            fetched = sum(call["state"] == "fetched" for call in calls)
            lost = sum(call in calls for call in case.books.lost_answers)
            accepted = self._town.accepted_by(gateway, case.wish)
            told = f"{accepted} submissions paid for at {gateway}: {case!s}"
            assert accepted <= len(calls), told
            assert fetched <= accepted <= fetched + lost, told
            assert gateway != _REPLAYS or not lost, f"asked again it would have told: {case!s}"

    def _check_pictures(self, case: Case) -> None:
        """Every picture that was kept has arrived, whole."""
        books = case.books
        assert len(books.pictures) == sum(call["pictures"] for call in books.calls_in("fetched")), str(case)
        assert len(books.delivered) == len(books.pictures), str(case)
        arrived = {_hash(message): message for message in case.pictures}
        assert len(arrived) == len(books.pictures), str(case)
        sizes = {message.file.size for message in arrived.values() if message.file}
        assert sizes == {picture["bytes"] for picture in books.pictures}, str(case)

    def _check_place(self, case: Case) -> None:
        """All was answered in the same chat, topic and language."""
        wish = case.wish
        for message in (*case.statuses, *case.pictures):
            assert message.chat is wish.chat
            assert message.in_topic == (wish.topic is not None), str(case)
            assert wish.topic is None or message.thread_id == wish.topic.id, str(case)
            if message.rich.text:
                assert bool(_CHINESE.search(message.rich.text)) == (wish.locale == "zh-CN"), str(case)

    def _check_repetitions(self, case: Case) -> None:
        """Only a kill in the middle of a send repeats it: once per process, never after it was noted."""
        self._check_once_per_process(case.statuses)
        copies: defaultdict[str, list[Message]] = defaultdict(list)
        for message in case.pictures:
            copies[_hash(message)].append(message)
        for messages in copies.values():
            self._check_once_per_process(messages)
        noted = max((picture["delivered_at"] for picture in case.books.delivered), default=0)
        late = [message for message in case.pictures if message.sent_at * _MILLISECONDS > noted + 1]
        assert late == [], f"sent again although it was known to have arrived: {case!s}"

    def _check_once_per_process(self, messages: Sequence[Message]) -> None:
        lives = [self._life(message.sent_at) for message in messages]
        assert len(lives) == len(set(lives)), f"{lives}, {[message.sent_at for message in messages]}"

    def _life(self, moment: float) -> int:
        """The number of the process that was started last before `moment`."""
        return bisect(self._town.service.starts, moment)


def _sent(town: Town) -> dict[tuple[str, str], list[Message]]:
    """What the bot posted, by the message it answers, oldest first."""
    found: defaultdict[tuple[str, str], list[Message]] = defaultdict(list)
    for chat in {wish.chat.id: wish.chat for wish in town.wishes}.values():
        for message, before in zip(town.api.replies(chat), [None, *town.api.replies(chat)], strict=False):
            answers = message.reply_to
            if answers is None and before and before.media_group_id == message.media_group_id:
                answers = before.reply_to
            assert answers is not None, f"a message that answers nobody: {message}"
            found[str(chat.id), str(answers.id)].append(message)
    return found


def _is_taken_over(call: Row, books: JobBooks) -> bool:
    """Whether another call was made for all the pictures of a rejected one."""
    others = [other for other in books.calls if other["state"] != "rejected"]
    covered = {number for other in others for number in _pictures_of(other)}
    return covered.issuperset(_pictures_of(call))


def _pictures_of(call: Row) -> range:
    return range(call["first_picture"], call["first_picture"] + call["pictures"])


def _hash(message: Message) -> str:
    assert message.file is not None
    return message.file.sha256
