"""Reading what a gateway answered to a submission: refusal, pictures, or something nobody can tell.

The rule behind every branch: a submission is `Rejected` only when the gateway itself says that it did not
draw, and `Unclear` whenever it may have drawn and been paid.
"""

import base64
import binascii
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urljoin

from bot.domain.outcome import Done, Failure, Inline, Link, Rejected, Unclear
from bot.providers.access import origin
from bot.providers.complaints import Complaint, find_complaint
from bot.providers.http import Answer, Lost, NotSent, Reply

PASSING: Final = frozenset(
    {
        Failure.RATE_LIMITED,
        Failure.UNREACHABLE,
        Failure.UPSTREAM,
        Failure.TIMED_OUT,
        Failure.MODEL_UNAVAILABLE,
    }
)
"""What another try may overcome."""

# What a proxy in front of the gateway says when it waited in vain: the gateway may be drawing all the same.
_MAYBE_DRAWN: Final = frozenset({502, 504, 520, 522, 524})
# What a gateway with idempotency keys says when it cannot tell what became of the first submission.
_TOLD_NOTHING: Final = frozenset({"idempotency_conflict", "paid_outcome_unknown"})
_REQUEST_ID_HEADERS: Final = ("x-oneapi-request-id", "x-request-id", "request-id", "x-new-api-request-id")
_LONGEST_WAIT: Final = timedelta(days=1)
_LONGEST_LINK: Final = 8192


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """Reads the answers of one gateway.

    `base_url` completes relative links, `retry_statuses` are the statuses after which a submission was
    certainly not accepted, and `secret` is blotted out of what a gateway says.
    """

    base_url: str
    retry_statuses: frozenset[int]
    secret: str | None = field(default=None, repr=False)

    def pictures(self, reply: Reply, count: int) -> Done | Rejected | Unclear:
        """The outcome of a submission that is answered by at most `count` pictures."""
        if not isinstance(reply, Answer):
            return unanswered(reply)
        payload = decode(reply)
        if refusal := self.refusal(reply, payload):
            return refusal
        request_id = request_id_of(reply, None)
        body = payload if isinstance(payload, dict) else {}
        results = tuple(_results(body, self.base_url))[:count]
        if not results and _is_task(body):
            return Unclear("a task was answered where pictures were expected", request_id)
        if "data" not in body:
            return Unclear("an answer without data", request_id)
        return Done(results, request_id=request_id)

    def refusal(self, answer: Answer, payload: object) -> Rejected | Unclear | None:
        """The refusal of a submission, or that none can be told; None when the answer is a success."""
        complaint = find_complaint(payload, answer.status)
        if complaint is None:
            if isinstance(payload, dict):
                return None
            return Unclear(answer.flaw or "an answer that is not a JSON object", request_id_of(answer, None))
        if complaint.code.casefold() in _TOLD_NOTHING:
            return Unclear(self.detail(answer, complaint), request_id_of(answer, complaint))
        if complaint.worded is None and self._may_have_drawn(complaint, payload):
            detail = self.detail(answer, complaint)
            return Unclear(f"{answer.status}: {detail}", request_id_of(answer, complaint))
        again = complaint.failure in PASSING and complaint.status in self.retry_statuses
        return self.rejected(answer, complaint, again=again)

    def rejected(self, answer: Answer, complaint: Complaint, *, again: bool) -> Rejected:
        return Rejected(
            complaint.failure,
            again=again,
            retry_after=retry_after(answer.headers, datetime.now(UTC)),
            detail=self.detail(answer, complaint),
            request_id=request_id_of(answer, complaint),
        )

    def detail(self, answer: Answer, complaint: Complaint) -> str:
        """The gateway's wording on one line, for the log."""
        said = " ".join(part for part in (complaint.code, complaint.text) if part)
        return self.clean(said or answer.flaw or f"HTTP {answer.status}")

    def clean(self, text: str) -> str:
        """Foreign text made fit for a log: one short line without the key."""
        if self.secret:
            text = text.replace(self.secret, "[key]")
        printable = "".join(char if char.isprintable() else " " for char in text[:2000])
        return " ".join(printable.split())[:300]

    def _may_have_drawn(self, complaint: Complaint, payload: object) -> bool:
        if complaint.status in self.retry_statuses:
            return False
        return complaint.status in _MAYBE_DRAWN or (complaint.status >= 500 and not isinstance(payload, dict))


def unanswered(reply: NotSent | Lost) -> Rejected | Unclear:
    """The outcome of a submission that got no answer."""
    if isinstance(reply, NotSent):
        return Rejected(Failure.UNREACHABLE, again=True, detail=reply.reason)
    return Unclear(reply.reason)


def decode(answer: Answer) -> object:
    """The JSON of an answer; None when it has none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """The wait a `Retry-After` header asks for, in seconds or as a date; at most a day."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    if math.isnan(seconds):
        return None
    return timedelta(seconds=min(max(seconds, 0.0), _LONGEST_WAIT.total_seconds()))


def request_id_of(answer: Answer, complaint: Complaint | None) -> str:
    """The gateway's own id of the exchange, for its support desk; empty when it gave none."""
    ids = [answer.headers.get(name, "") for name in _REQUEST_ID_HEADERS]
    if complaint:
        ids.append(complaint.request_id)
    return next((id_ for id_ in ids if 0 < len(id_) <= 128 and id_.isprintable()), "")


def link(url: object, base_url: str) -> Link | None:
    """A link out of an answer, made absolute; None when it leads nowhere."""
    if not isinstance(url, str) or not url.strip() or len(url) > _LONGEST_LINK:
        return None
    url = url.strip()
    if not url.isprintable() or " " in url:
        return None
    try:
        absolute = urljoin(f"{base_url}/", url)
    except ValueError:
        return None
    return Link(absolute) if origin(absolute) else None


def _results(body: Mapping[str, Any], base_url: str) -> Iterator[Link | Inline]:
    """The pictures of an answer, in order, each once.

    Some versions of the new-api family put only the first of several paid pictures into `data`, or leave
    entries empty; the upstream's own answer then stands complete in `metadata`.
    """
    data = body.get("data")
    entries = data if isinstance(data, list) else []
    spares = list(_spares(body.get("metadata")))
    seen: set[Link | Inline] = set()
    for index in range(max(len(entries), len(spares))):
        result = _picture(entries[index], base_url) if index < len(entries) else None
        if result is None and index < len(spares):
            result = _addressed(spares[index], base_url)
        if result is not None and result not in seen:
            seen.add(result)
            yield result


def _picture(entry: object, base_url: str) -> Link | Inline | None:
    if not isinstance(entry, dict):
        return None
    return _inline(entry.get("b64_json")) or _addressed(entry.get("url"), base_url)


def _addressed(url: object, base_url: str) -> Link | Inline | None:
    if isinstance(url, str) and url.lstrip()[:5].casefold() == "data:":
        return _inline(url)
    return link(url, base_url)


def _inline(text: object) -> Inline | None:
    """The bytes of base64 text with or without a `data:` prefix; None when it is empty or broken."""
    if not isinstance(text, str):
        return None
    text = text.strip()
    if text[:5].casefold() == "data:":
        text = text.partition(",")[2]
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return Inline(data) if data else None


def _spares(metadata: object) -> Iterator[object]:
    """`metadata.output.choices[].message.content[].image`, as far as it is there."""
    for choice in items(member(member(metadata, "output"), "choices")):
        for part in items(member(member(choice, "message"), "content")):
            if image := member(part, "image"):
                yield image


def member(value: object, key: str) -> object:
    """`value[key]`, as far as there is such a thing."""
    return value.get(key) if isinstance(value, dict) else None


def items(value: object) -> list[Any]:
    """`value`, if it is a list; otherwise an empty one."""
    return value if isinstance(value, list) else []


def _is_task(body: Mapping[str, Any]) -> bool:
    data = body.get("data")
    places = [body, data, *(items(data)[:1]), body.get("output")]
    return any(member(place, "task_id") for place in places)
