"""EvoLink: tasks, images by address, and a key that makes a submission repeatable.

The vendor documents `POST /v1/images/generations`, always answered by a task, and `GET /v1/tasks/{id}`. A
submission with the same `Idempotency-Key` is answered like the first and paid once, so the key comes from the
call's id and the body holds nothing that changes from one time to the next.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from bot.domain.catalogue import Gateway, Route
from bot.domain.ids import CallId, Micros
from bot.domain.outcome import Accepted, Done, Failure, Link, Outcome, Rejected, Running, Unclear
from bot.domain.request import Kind
from bot.ports.gateway import KeyCheck, Submission
from bot.providers.answers import decode, items, link, member, request_id_of, unanswered
from bot.providers.complaints import Complaint, find_complaint
from bot.providers.evolink_files import EvoLinkFiles, Upload
from bot.providers.evolink_wire import EvoLinkWire
from bot.providers.http import Answer
from bot.providers.images import read_images
from bot.providers.line import Line
from bot.providers.options import options_of
from bot.providers.tasks import TASK_LIMIT, amount, heard, ref_of

_REMEMBERED: Final = 1000
_MICROS: Final = 1_000_000
_LONGEST_CALLBACK: Final = 2048

_F = Failure

# Why a task failed, and whether a new one may succeed, both as the vendor's list of task errors says.
_TASK_ERRORS: Final[Mapping[str, tuple[Failure, bool]]] = {
    "content_policy_violation": (_F.MODERATED_INPUT, False),
    "invalid_parameters": (_F.BAD_REQUEST, False),
    # Said to be final. But images are in shape before they are sent: what fails is fetching them, from us
    # while we are starting anew, say.
    "image_processing_error": (_F.UPSTREAM, True),
    "image_dimension_mismatch": (_F.BAD_REQUEST, False),
    "request_cancelled": (_F.UPSTREAM, False),  # at the vendor's console: there is no call for it
    "resource_not_found": (_F.BAD_REQUEST, False),
    "generation_timeout": (_F.TIMED_OUT, True),
    "quota_exceeded": (_F.RATE_LIMITED, True),
    "resource_exhausted": (_F.RATE_LIMITED, True),
    "service_error": (_F.UPSTREAM, True),
    "service_unavailable": (_F.UPSTREAM, True),
    "upstream_error": (_F.UPSTREAM, True),
    "rate_limited": (_F.RATE_LIMITED, True),
    "unknown_error": (_F.UPSTREAM, True),
    # To be tried with changed words or images, which is what people are told about a refused content.
    "generation_failed_no_content": (_F.MODERATED_OUTPUT, False),
    "model_unavailable": (_F.MODEL_UNAVAILABLE, False),
}
_PAUSES: Final = {"resource_exhausted": timedelta(seconds=45)}  # the vendor says 30 to 60 s


def complaints(gateway: Gateway, route: Route, wire: EvoLinkWire) -> Iterator[str]:
    """What a row promises and this dialect cannot keep, each as one line."""
    if route.max_n > 1 and "n" not in wire.takes:
        yield "max_n: more than one picture needs n in wire.takes"
    if route.mask:
        yield "mask: the evolink dialect has no masks"
    if Kind.EDIT in route.kinds and gateway.files_base_url is None:
        yield f"kinds: editing needs gateways.{gateway.id}.files_base_url, where the images are left"


class EvoLink:
    """One gateway of the dialect. What was uploaded for which call is remembered until its task has ended."""

    def __init__(self, line: Line[EvoLinkWire]) -> None:
        self._line = line
        self._files = EvoLinkFiles(line, line.reader.secret)
        self._left: OrderedDict[CallId, tuple[Upload, ...]] = OrderedDict()
        self._calls: OrderedDict[str, CallId] = OrderedDict()

    async def submit(self, submission: Submission) -> Outcome:
        """See the port. Repeatable: the same submission has the same key and body."""
        uploads = await self._uploads(submission)
        if isinstance(uploads, Rejected):
            return uploads
        wire, gateway = self._line.wires[submission.route.key], self._line.gateway
        reply = await self._line.destination.ask(
            "POST",
            wire.generations_path,
            body=body_of(submission, wire, uploads),
            headers={"Idempotency-Key": idempotency_key(submission.call_id)},
            timeout=gateway.submit_timeout,
            limit=TASK_LIMIT,
        )
        outcome = self._answered(reply) if isinstance(reply, Answer) else unanswered(reply)
        match outcome:
            case Accepted(ref=ref) if uploads:
                _remember(self._calls, ref, submission.call_id)
            case Rejected(again=False):
                await self._forget(submission.call_id)
        return outcome

    async def poll(self, ref: str) -> Outcome:
        answer = await self._ask(f"{self._line.wire.tasks_path}/{quote(ref, safe='')}")
        outcome = answer if isinstance(answer, Rejected) else self.state(answer)
        if isinstance(outcome, Done) or (isinstance(outcome, Rejected) and not outcome.again):
            await self._forget(self._calls.pop(ref, None))
        return outcome

    def state(self, answer: Answer) -> Outcome:
        """How a task is doing. Its own state decides; whatever else comes back says nothing about it.

        That includes 404: a gateway that has just taken a task may not find it yet.
        """
        task = decode(answer)
        state, states = member(task, "status"), self._line.wire.states
        if states.ended_well(state):
            return Done(self._links(task), self._charge(task), request_id_of(answer, None))
        if states.ended_badly(state):
            return self._failed(answer, task)
        if complaint := find_complaint(task, answer.status):
            return self._line.reader.rejected(answer, complaint, again=True)
        if not isinstance(task, dict):
            return Rejected(Failure.UPSTREAM, again=True, detail=answer.flaw or "not a JSON object")
        progress = amount(task.get("progress"))
        return Running(None if progress is None else min(100, int(progress)))

    async def check(self) -> KeyCheck:
        """Ask for the credits that are left."""
        answer = await self._ask(self._line.wire.credits_path)
        reader = self._line.reader
        if isinstance(answer, Rejected):
            return KeyCheck(None, reader.clean(answer.detail))
        payload = decode(answer)
        if complaint := find_complaint(payload, answer.status):
            refused = complaint.failure is Failure.UNAUTHORISED
            return KeyCheck(False if refused else None, reader.detail(answer, complaint))
        if not isinstance(payload, dict):
            return KeyCheck(None, "the answer is not a JSON object")
        left = amount(member(member(member(payload, "data"), "user"), "remaining_credits"))
        return KeyCheck(works=True, detail="the key works" if left is None else f"{left:g} credits left")

    async def _uploads(self, submission: Submission) -> tuple[Upload, ...] | Rejected:
        """The images of a submission at the upload service, the same ones when it is made again.

        None where the gateway can fetch them from us.
        """
        if submission.links:
            return ()
        if submission.call_id in self._left:
            return self._left[submission.call_id]
        handed_in = await read_images(self._line.media, submission)
        if isinstance(handed_in, Rejected) or not handed_in.images:
            return handed_in if isinstance(handed_in, Rejected) else ()
        uploads = await self._files.leave(submission.call_id, handed_in.images)
        if not isinstance(uploads, Rejected):
            _remember(self._left, submission.call_id, uploads)
        return uploads

    async def _forget(self, call_id: CallId | None) -> None:
        if call_id and (uploads := self._left.pop(call_id, None)):
            await self._files.forget(uploads)

    async def _ask(self, path: str) -> Answer | Rejected:
        reply = await self._line.destination.ask(
            "GET", path, timeout=self._line.gateway.poll_timeout, limit=TASK_LIMIT
        )
        return heard(reply)

    def _answered(self, answer: Answer) -> Outcome:
        payload = decode(answer)
        if refusal := self._line.reader.refusal(answer, payload):
            return refusal
        request_id = request_id_of(answer, None)
        ref = ref_of(member(payload, "id"))
        return Accepted(ref, request_id) if ref else Unclear("an answer without a task id", request_id)

    def _links(self, task: object) -> tuple[Link, ...]:
        urls = items(member(task, "results"))
        urls = urls or [member(each, "image_url") for each in items(member(task, "result_data"))]
        found = (link(url, self._line.reader.base_url) for url in urls)
        return tuple(dict.fromkeys(each for each in found if each))

    def _charge(self, task: object) -> Micros | None:
        """What the task really cost: in dollars if the gateway says so, otherwise from its credits."""
        usage = member(task, "usage")
        cost = member(usage, "cost")
        dollars = amount(member(cost, "usd") if isinstance(cost, dict) else cost)
        if dollars is not None:
            return Micros(round(dollars * _MICROS))
        credits_, price = amount(member(usage, "credits_used")), self._line.wire.micros_per_credit
        return None if credits_ is None or price is None else Micros(round(credits_ * price))

    def _failed(self, answer: Answer, task: object) -> Rejected:
        error = member(task, "error")
        code, text = member(error, "code"), member(error, "message")
        code = code.casefold() if isinstance(code, str) else ""
        complaint = Complaint(200, code, text=text if isinstance(text, str) else "")
        failure, fresh = _TASK_ERRORS.get(code, (complaint.failure, False))
        if failure is Failure.MODERATED_INPUT:
            failure = complaint.failure  # which tells words from pictures by the text
        return Rejected(
            failure,
            fresh=fresh,
            retry_after=_PAUSES.get(code),
            detail=self._line.reader.clean(f"{code} {complaint.text}") or "failed without a reason",
            request_id=request_id_of(answer, complaint),
        )


def idempotency_key(call_id: CallId) -> str:
    """The key of a call: the vendor takes 16 to 96 letters, digits, dots, underscores and hyphens."""
    return f"drawbridge-call-{call_id}"


def body_of(submission: Submission, wire: EvoLinkWire, uploads: tuple[Upload, ...]) -> dict[str, Any]:
    """The JSON of a submission, the same for the same call."""
    body: dict[str, Any] = {"model": submission.route.model, "prompt": submission.request.prompt}
    if urls := submission.links or tuple(upload.url for upload in uploads):
        body["image_urls"] = list(urls)
    if submission.callback_url and len(submission.callback_url) <= _LONGEST_CALLBACK:
        body["callback_url"] = submission.callback_url
    return body | options_of(submission, wire.takes, wire.size_sign)


def _remember(memory: OrderedDict[Any, Any], key: object, value: object) -> None:
    """The latest are enough: what is forgotten is uploaded once more, or left to expire."""
    memory[key] = value
    while len(memory) > _REMEMBERED:
        memory.popitem(last=False)
