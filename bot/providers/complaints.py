"""What a gateway's error says, in one vocabulary for all of them.

Gateways of one family disagree with each other and with themselves about status, code and wording, so an
error is looked for before anything else, at any status, and judged by its code, then its text, then its type
and only then by the HTTP status.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.outcome import Failure

_F = Failure

# Codes by who documents them: the new-api family, OpenAI, Alibaba Cloud Model Studio (whose codes some
# gateways pass on), Crazyrouter, EvoLink.
_CODES: Final[Mapping[str, Failure]] = {
    "sensitive_words_detected": _F.MODERATED_INPUT,
    "moderation_blocked": _F.MODERATED_INPUT,
    "content_policy_violation": _F.MODERATED_INPUT,
    "datainspectionfailed": _F.MODERATED_INPUT,
    "invalid_request": _F.BAD_REQUEST,
    "invalid_value": _F.BAD_REQUEST,
    "invalidparameter": _F.BAD_REQUEST,
    "invalidurl": _F.BAD_REQUEST,
    "read_request_body_failed": _F.BAD_REQUEST,
    "invalid_api_key": _F.UNAUTHORISED,
    "invalidapikey": _F.UNAUTHORISED,
    "access_denied": _F.UNAUTHORISED,
    "accessdenied": _F.UNAUTHORISED,
    "accessdenied.unpurchased": _F.UNAUTHORISED,
    "authentication_error": _F.UNAUTHORISED,
    "permission_error": _F.UNAUTHORISED,
    "key_disabled": _F.UNAUTHORISED,
    "key_expired": _F.UNAUTHORISED,
    "key_model_not_allowed": _F.UNAUTHORISED,
    "insufficient_quota": _F.OUT_OF_MONEY,
    "insufficient_user_quota": _F.OUT_OF_MONEY,
    "insufficient_quota_error": _F.OUT_OF_MONEY,
    "insufficient_token_quota": _F.OUT_OF_MONEY,
    "pre_consume_token_quota_failed": _F.OUT_OF_MONEY,
    "quota_not_enough": _F.OUT_OF_MONEY,
    "token_daily_quota_exceeded": _F.OUT_OF_MONEY,
    "billing_hard_limit_reached": _F.OUT_OF_MONEY,
    "arrearage": _F.OUT_OF_MONEY,
    "model_not_found": _F.MODEL_UNAVAILABLE,
    "model_unavailable": _F.MODEL_UNAVAILABLE,
    "no_available_channel": _F.MODEL_UNAVAILABLE,
    "rate_limit_exceeded": _F.RATE_LIMITED,
    "rate_limit_error": _F.RATE_LIMITED,
    "requesttimeout": _F.TIMED_OUT,
}
_CODE_BEGINNINGS: Final[Mapping[str, Failure]] = {
    "badrequest.": _F.BAD_REQUEST,
    "invalidparameter.": _F.BAD_REQUEST,
    "throttling": _F.RATE_LIMITED,
}
_TEXTS: Final = (
    (
        re.compile(
            r"inappropriate content|data_?inspection_?failed|safety system|moderation_blocked|content policy"
            r"|(?<!case.)sensitive"  # a model's name may be case-sensitive
        ),
        _F.MODERATED_INPUT,
    ),
    (re.compile(r"\barrearage\b|insufficient_(user_)?quota"), _F.OUT_OF_MONEY),
    (re.compile(r"\bthrottling\b|rate limit"), _F.RATE_LIMITED),
)
_STATUSES: Final[Mapping[int, Failure]] = {
    401: _F.UNAUTHORISED,
    402: _F.OUT_OF_MONEY,
    403: _F.UNAUTHORISED,
    404: _F.NOT_FOUND,
    408: _F.TIMED_OUT,
    429: _F.RATE_LIMITED,
    504: _F.TIMED_OUT,
    524: _F.TIMED_OUT,
}

# A `code` beside the data that means success; anything else there is an error, be it a number or a word.
_FINE_CODES: Final = frozenset({"", "0", "200", "ok", "success"})
_FREE_QUOTA: Final = re.compile(r"\bfree\b")
_REQUEST_ID: Final = re.compile(r"\(request id: ([^)\s]{1,128})\)")


@dataclass(frozen=True, slots=True)
class Complaint:
    """A gateway's error. `status` is the HTTP status, or the number the body gives instead of it."""

    status: int
    code: str = ""
    type: str = ""
    text: str = ""
    request_id: str = ""

    @property
    def failure(self) -> Failure:
        """What it means, in the end by the status alone."""
        return self.worded or _by_status(self.status)

    @property
    def worded(self) -> Failure | None:
        """What its words mean; None when only the status tells."""
        failure = _by_code(self.code) or _by_text(self.text) or _by_code(self.type)
        if failure is _F.MODERATED_INPUT and "output" in self.text.casefold():
            return _F.MODERATED_OUTPUT
        if failure is _F.RATE_LIMITED and self._free_quota_is_gone:
            return _F.OUT_OF_MONEY
        return failure

    @property
    def _free_quota_is_gone(self) -> bool:
        return "allocationquota" in self.code.casefold() and bool(_FREE_QUOTA.search(self.text.casefold()))


def judge_text(text: str) -> Failure:
    """The meaning of an error that is nothing but text."""
    return Complaint(status=200, text=text).failure


def find_complaint(payload: object, status: int) -> Complaint | None:
    """The error in an answer, if it is one. `payload` is its JSON, None when it has none."""
    body = payload if isinstance(payload, dict) else {}
    error = body.get("error")
    inner = error if isinstance(error, dict) and any(error.values()) else {}
    if not (inner or _says_error(body, error) or not 200 <= status < 300):
        return None
    text = _first_text(inner.get("message"), error, body.get("message"), body.get("msg"), body.get("detail"))
    code = _word(inner.get("code")) or _word(body.get("code"))
    found_id = _REQUEST_ID.search(text)
    return Complaint(
        status=_as_status(code) or status,
        code="" if code.isdecimal() else code,
        type=_word(inner.get("type")),
        text=text,
        request_id=found_id[1] if found_id else _first_text(inner.get("request_id"), body.get("request_id")),
    )


def _says_error(body: Mapping[str, Any], error: object) -> bool:
    return bool(
        (error and not isinstance(error, dict))
        or (body.get("detail") and not body.get("data"))
        or body.get("success") is False
        or _word(body.get("code")).casefold() not in _FINE_CODES
    )


def _by_code(code: str) -> Failure | None:
    code = code.casefold()
    if found := _CODES.get(code):
        return found
    return next((failure for start, failure in _CODE_BEGINNINGS.items() if code.startswith(start)), None)


def _by_text(text: str) -> Failure | None:
    text = text.casefold()
    return next((failure for pattern, failure in _TEXTS if pattern.search(text)), None)


def _by_status(status: int) -> Failure:
    if status in _STATUSES:
        return _STATUSES[status]
    return _F.BAD_REQUEST if 300 <= status < 500 else _F.UPSTREAM


def _as_status(code: str) -> int | None:
    return int(code) if len(code) == 3 and code.isascii() and code.isdecimal() and code[0] in "45" else None


def _word(value: object) -> str:
    """A code or type: text, or a number as text."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()[:100] if isinstance(value, str) or abs(value) < 10**9 else ""


def _first_text(*values: object) -> str:
    for value in values:
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, list | dict) and value:
            return json.dumps(value, ensure_ascii=False)[:1000]
    return ""
