"""qwen-image-2512.org: a task is submitted, then asked after.

The vendor documents `POST /api/generate` and `GET /api/status?task_id=`, both answered by
`{"code": 200, "message": ..., "data": {...}}`. Whether the HTTP status follows `code` is not said: both are
read. Look-alike sites use the same software with other paths and words, so those are data.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from pydantic import Field

from bot.domain.catalogue import Gateway, Route
from bot.domain.ids import Micros
from bot.domain.outcome import Accepted, Done, Failure, Link, Outcome, Rejected, Running, Unclear
from bot.domain.request import Kind
from bot.ports.gateway import KeyCheck, Submission
from bot.providers.answers import PASSING, decode, link, request_id_of, unanswered
from bot.providers.complaints import Complaint, find_complaint, judge_text
from bot.providers.http import Answer
from bot.providers.line import Line
from bot.providers.tasks import TASK_LIMIT, States, amount, heard, ref_of
from bot.providers.wire import Path, SizeSign, Wire, written

_MADE_UP_TASK: Final = "drawbridge-key-check"


class QwenImage2512States(States):
    done: frozenset[str] = frozenset({"SUCCESS"})
    failed: frozenset[str] = frozenset({"FAILED"})


class QwenImage2512Wire(Wire):
    """The parts of the dialect that are data.

    `micros_per_credit` turns the credits that a task consumed into micro-dollars; None leaves the real
    charge unknown.
    """

    generate_path: Path = "api/generate"
    status_path: Path = "api/status"
    size_sign: SizeSign = "*"
    output_format: Literal["jpeg", "png", "webp"] = "png"
    states: QwenImage2512States = QwenImage2512States()
    micros_per_credit: int | None = Field(default=None, ge=0)


def complaints(gateway: Gateway, route: Route, wire: QwenImage2512Wire) -> Iterator[str]:  # noqa: ARG001
    """What a row promises and this dialect cannot keep, each as one line."""
    if Kind.EDIT in route.kinds:
        yield "kinds: the qwen-image-2512 dialect only draws"
    if route.max_n > 1:
        yield "max_n: the qwen-image-2512 dialect draws one picture at a time"
    if route.negative_limit is not None:
        yield "negative_limit: the qwen-image-2512 dialect has no negative prompt"


class QwenImage2512:
    """One gateway of the dialect."""

    def __init__(self, line: Line[QwenImage2512Wire]) -> None:
        self._line = line

    async def submit(self, submission: Submission) -> Outcome:
        wire = self._line.wires[submission.route.key]
        reply = await self._line.destination.ask(
            "POST",
            wire.generate_path,
            body=body_of(submission, wire),
            timeout=self._line.gateway.submit_timeout,
            limit=TASK_LIMIT,
        )
        if not isinstance(reply, Answer):
            return unanswered(reply)
        payload = decode(reply)
        if refusal := self._line.reader.refusal(reply, payload):
            return refusal
        request_id = request_id_of(reply, None)
        ref = ref_of(_task(payload).get("task_id"))
        return Accepted(ref, request_id) if ref else Unclear("an answer without a task id", request_id)

    async def poll(self, ref: str) -> Outcome:
        answer = await self._ask_after(ref)
        return answer if isinstance(answer, Rejected) else self.state(answer)

    def state(self, answer: Answer) -> Outcome:
        """How a task is doing. Its own state decides; whatever else comes back says nothing about it.

        That includes 404: a gateway that has just taken a task may not find it yet.
        """
        payload = decode(answer)
        task = _task(payload)
        state = task.get("status")
        if self._line.wire.states.ended_well(state):
            return Done(self._links(task.get("response")), self._charge(task), request_id_of(answer, None))
        if self._line.wire.states.ended_badly(state):
            return self._failed(answer, task)
        if complaint := find_complaint(payload, answer.status):
            return self._line.reader.rejected(answer, complaint, again=True)
        if not isinstance(payload, dict):
            return Rejected(Failure.UPSTREAM, again=True, detail=answer.flaw or "not a JSON object")
        return Running()

    async def check(self) -> KeyCheck:
        """Ask after a task that does not exist: 404 means that the key was let in."""
        answer = await self._ask_after(_MADE_UP_TASK)
        if isinstance(answer, Rejected):
            return KeyCheck(None, self._line.reader.clean(answer.detail))
        complaint = find_complaint(decode(answer), answer.status)
        if complaint is None:
            return KeyCheck(None, "a made-up task was answered like a real one")
        if complaint.status == 404 and isinstance(decode(answer), dict):
            return KeyCheck(works=True, detail="the key works")
        refused = complaint.failure is Failure.UNAUTHORISED
        return KeyCheck(False if refused else None, self._line.reader.detail(answer, complaint))

    async def _ask_after(self, ref: str) -> Answer | Rejected:
        reply = await self._line.destination.ask(
            "GET",
            self._line.wire.status_path,
            params={"task_id": ref},
            timeout=self._line.gateway.poll_timeout,
            limit=TASK_LIMIT,
        )
        return heard(reply)

    def _links(self, response: object) -> tuple[Link, ...]:
        urls = response if isinstance(response, list) else [response]
        found = (link(url, self._line.reader.base_url) for url in urls)
        # The dialect draws one picture per task: more would be pictures that nobody asked and pays for.
        return tuple(each for each in found if each)[:1]

    def _charge(self, task: Mapping[str, Any]) -> Micros | None:
        credits_, price = amount(task.get("consumed_credits")), self._line.wire.micros_per_credit
        return None if credits_ is None or price is None else Micros(round(credits_ * price))

    def _failed(self, answer: Answer, task: Mapping[str, Any]) -> Rejected:
        text = task.get("error_message")
        text = text if isinstance(text, str) else ""
        failure = judge_text(text)
        return Rejected(
            failure,
            fresh=failure in PASSING and amount(task.get("consumed_credits")) == 0,
            detail=self._line.reader.clean(text) or "failed without a reason",
            request_id=request_id_of(answer, Complaint(answer.status, text=text)),
        )


def body_of(submission: Submission, wire: QwenImage2512Wire) -> dict[str, Any]:
    """The JSON of a submission. A random seed is said by leaving it out, though -1 is documented too."""
    body: dict[str, Any] = {"prompt": submission.request.prompt, "output_format": wire.output_format}
    if submission.size:
        body["size"] = written(submission.size, wire.size_sign)
    if submission.route.seed and submission.seed is not None:
        body["seed"] = submission.seed
    if submission.callback_url:
        body["callback_url"] = submission.callback_url
    return body


def _task(payload: object) -> Mapping[str, Any]:
    data = payload.get("data") if isinstance(payload, dict) else None
    return data if isinstance(data, dict) else {}
