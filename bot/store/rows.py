"""Between rows and the values of the domain."""

import json
import sqlite3
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.domain.ids import AccountId, CallId, EntryId, GatewayId, JobId, Micros, Millis, PictureId
from bot.domain.jobs import Address, Call, CallState, Job, JobState, Picture, Reference
from bot.domain.ledger import ChatId, Entry, EntryKind
from bot.domain.problems import Problem
from bot.domain.request import ImageRequest
from bot.domain.settings import Ask, ChatSettings, PersonSettings
from bot.ports.people import Acquaintance

T = TypeVar("T")

_REQUEST = TypeAdapter(ImageRequest)
_PROBLEM = TypeAdapter(Problem)
_LINKS = TypeAdapter(tuple[str, ...])
_PERSON = TypeAdapter(PersonSettings)
_CHAT = TypeAdapter(ChatSettings)
_ASK = TypeAdapter(Ask)


def request_text(request: ImageRequest) -> str:
    return _REQUEST.dump_json(request, exclude_none=True).decode()


def request_from(text: str) -> ImageRequest:
    return _REQUEST.validate_json(text)


def problem_text(problem: Problem | None) -> str | None:
    return _PROBLEM.dump_json(problem).decode() if problem else None


def links_text(links: tuple[str, ...]) -> str:
    return _LINKS.dump_json(links).decode()


def job_from(
    row: sqlite3.Row,
    request: ImageRequest,
    references: tuple[Reference, ...] = (),
    calls: tuple[Call, ...] = (),
    pictures: tuple[Picture, ...] = (),
) -> Job:
    return Job(
        id=JobId(row["id"]),
        account_id=AccountId(row["account_id"]),
        person=row["person"],
        address=Address(row["platform"], row["chat"], row["thread"], row["message"]),
        locale=row["locale"],
        request=request,
        state=JobState(row["state"]),
        version=row["version"],
        created_at=Millis(row["created_at"]),
        deadline_at=Millis(row["deadline_at"]),
        finished_at=row["finished_at"],
        told=row["told_at"] is not None,
        status_message=row["status_message"],
        problem=_problem(row["problem"]),
        references=references,
        calls=calls,
        pictures=pictures,
    )


def call_from(row: sqlite3.Row) -> Call:
    return Call(
        id=CallId(row["id"]),
        job_id=JobId(row["job_id"]),
        ordinal=row["ordinal"],
        gateway=GatewayId(row["gateway"]),
        route=row["route"],
        offset=row["first_picture"],
        count=row["pictures"],
        seed=row["seed"],
        size=row["size"],
        state=CallState(row["state"]),
        version=row["version"],
        attempts=row["attempts"],
        failures=row["failures"],
        ref=row["ref"],
        due_at=row["due_at"],
        submitted_at=row["submitted_at"],
        links=_LINKS.validate_json(row["links"]),
        problem=_problem(row["problem"]),
        elsewhere=bool(row["elsewhere"]),
        called_back=row["called_back_at"] is not None,
        cost=row["cost_micros"],
        charged=row["charged_micros"],
    )


def call_columns(call: Call) -> dict[str, Any]:
    """The parameters of `add_call`."""
    return {
        "id": call.id,
        "job_id": call.job_id,
        "ordinal": call.ordinal,
        "gateway": call.gateway,
        "route": call.route,
        "first_picture": call.offset,
        "pictures": call.count,
        "seed": call.seed,
        "size": call.size,
        "state": call.state.value,
        "cost_micros": call.cost,
    }


def picture_from(row: sqlite3.Row) -> Picture:
    return Picture(
        id=PictureId(row["id"]),
        job_id=JobId(row["job_id"]),
        call_id=CallId(row["call_id"]),
        ordinal=row["ordinal"],
        media_key=row["media_key"],
        width=row["width"],
        height=row["height"],
        bytes=row["bytes"],
        mime=row["mime"],
        delivered=bool(row["delivered"]),
    )


def picture_columns(picture: Picture, now: Millis) -> dict[str, Any]:
    """The parameters of `add_picture`."""
    return {
        "id": picture.id,
        "job_id": picture.job_id,
        "call_id": picture.call_id,
        "ordinal": picture.ordinal,
        "media_key": picture.media_key,
        "width": picture.width,
        "height": picture.height,
        "bytes": picture.bytes,
        "mime": picture.mime,
        "created_at": now,
    }


def reference_from(row: sqlite3.Row) -> Reference:
    return Reference(
        ordinal=row["ordinal"],
        media_key=row["media_key"],
        width=row["width"],
        height=row["height"],
        bytes=row["bytes"],
        mime=row["mime"],
    )


def hold_from(row: sqlite3.Row) -> Entry:
    return Entry(
        id=EntryId(row["id"]),
        account_id=AccountId(row["account_id"]),
        job_id=JobId(row["job_id"]),
        kind=EntryKind(row["kind"]),
        day=row["day"],
        created_at=Millis(row["created_at"]),
        held=row["held"],
        held_micros=Micros(row["held_micros"]),
        chat_id=ChatId(row["chat_id"]) if row["chat_id"] else None,
    )


def entry_columns(entry: Entry) -> dict[str, Any]:
    """The parameters of `add_entry`."""
    return {
        "id": entry.id,
        "account_id": entry.account_id,
        "job_id": entry.job_id,
        "chat_id": entry.chat_id,
        "kind": entry.kind.value,
        "day": entry.day,
        "created_at": entry.created_at,
        "held": entry.held,
        "settled": entry.settled,
        "returned": entry.returned,
        "held_micros": entry.held_micros,
        "settled_micros": entry.settled_micros,
        "returned_micros": entry.returned_micros,
        "closes": entry.closes,
    }


def person_text(settings: PersonSettings) -> str:
    return _PERSON.dump_json(settings).decode()


def chat_text(settings: ChatSettings) -> str:
    return _CHAT.dump_json(settings).decode()


def ask_text(ask: Ask) -> str:
    """Without its time, which has a column of its own."""
    return _ASK.dump_json(ask, exclude={"asked_at"}).decode()


def acquaintance_from(row: sqlite3.Row) -> Acquaintance:
    return Acquaintance(
        person=_settings(_PERSON, row["person"], PersonSettings()),
        chat=_settings(_CHAT, row["chat"], ChatSettings()),
        ask=_ask(row["ask"], Millis(row["asked_at"])) if row["ask"] else None,
    )


def _settings(type_: TypeAdapter[T], text: str | None, usual: T) -> T:
    """Settings as they were written, maybe by another version of this program: what it did not know, or what
    we do not know, is as usual.
    """
    if text is None:
        return usual
    try:
        return type_.validate_json(text)
    except ValidationError as error:
        wrong = {problem["loc"][0] for problem in error.errors() if problem["loc"]}
    if not wrong:
        return usual  # no settings at all
    known = {name: value for name, value in json.loads(text).items() if name not in wrong}
    return type_.validate_python(known)


def _ask(text: str, asked_at: Millis) -> Ask | None:
    """None when another version of this program asked what we do not understand."""
    try:
        return _ASK.validate_python({**json.loads(text), "asked_at": asked_at})
    except (ValueError, TypeError):
        return None


def _problem(text: str | None) -> Problem | None:
    return _PROBLEM.validate_json(text) if text else None
