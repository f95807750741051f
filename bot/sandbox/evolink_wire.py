"""EvoLink's answers: tasks, lists, errors."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from bot.sandbox.refusals import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.sandbox.evolink_orders import ModelRow
    from bot.sandbox.refusals import Refusal
    from bot.sandbox.tasks import Task

GATEWAY: Final = "evolink"
_SECONDS = 30  # what the vendor's samples estimate
# The code is the status in the vendor's published samples and a word in newer answers: so some are words.
_ERRORS: Final[dict[Kind, tuple[int, str, int | str]]] = {
    Kind.BAD_REQUEST: (400, "invalid_request_error", 400),
    Kind.BAD_KEY: (401, "authentication_error", 401),
    Kind.OUT_OF_MONEY: (402, "insufficient_quota_error", "insufficient_user_quota"),
    Kind.NO_SUCH_MODEL: (503, "service_unavailable_error", "no_available_channel"),
    Kind.NOT_FOUND: (404, "not_found_error", 404),
    Kind.TOO_LARGE: (413, "request_too_large_error", 413),
    Kind.MODERATED: (400, "invalid_request_error", "content_policy_violation"),
    Kind.RATE_LIMITED: (429, "rate_limit_error", 429),
    Kind.UPSTREAM: (500, "internal_server_error", 500),
    Kind.UNAVAILABLE: (503, "service_unavailable_error", 503),
}


def said(body: dict[str, Any], **headers: str) -> web.Response:
    """A success."""
    return web.json_response(body, headers={"x-request-id": _request_id(), **headers})


def refused(refusal: Refusal) -> web.Response:
    """An error in the gateway's shape."""
    status, kind, code = _ERRORS[refusal.kind]
    error = {
        "code": refusal.code or code,
        "message": refusal.message,
        "type": kind,
        "param": "",
        "fallback_suggestion": "",
    }
    headers = {"x-request-id": _request_id()}
    return web.json_response({"error": error}, status=refusal.status or status, headers=headers)


def status_of(task: Task) -> str:
    if task.ended:
        return "failed" if task.order.failure else "completed"
    return "processing" if task.begun else "pending"


def opened(task: Task, row: ModelRow, count: int) -> dict[str, Any]:
    """The answer to a submission: whatever the task has become meanwhile, it says that it is pending."""
    return _head(task) | {
        "progress": 0,
        "status": "pending",
        "task_info": {"can_cancel": True, "estimated_time": _SECONDS},
        "usage": _reserved(row, count),
    }


def shown(task: Task, row: ModelRow, links: Sequence[str]) -> dict[str, Any]:
    """The answer to a question after a task, and the body of its callback."""
    status, reserved = status_of(task), _reserved(row, task.order.details["n"])
    view = _head(task) | {"progress": task.progress, "status": status}
    match status:
        case "completed":
            used = row.tenths * len(links)
            cost = {"credits": used / 10, "usd": round(row.usd * len(links), 4)}
            paid = {"credits_used": used / 10, "cost": cost}
            return view | {
                "results": list(links),
                "task_info": {"can_cancel": False},
                "usage": reserved | paid,
            }
        case "failed":
            failure = task.order.failure
            error = {"code": failure.code, "message": failure.message} if failure else {}
            free = {"credits_used": 0, "cost": {"credits": 0, "usd": 0}}
            return view | {"error": error, "task_info": {"can_cancel": False}, "usage": reserved | free}
    return view | {"task_info": {"can_cancel": True, "estimated_time": _SECONDS}, "usage": reserved}


def listed(task: Task, row: ModelRow) -> dict[str, Any]:
    """One line of the list of tasks: no links."""
    status = status_of(task)
    done = len(task.order.files) if status == "completed" else 0
    return {
        "id": task.id,
        "model": row.id,
        "type": "image",
        "status": status,
        "progress": task.progress,
        "created_at": int(task.created),
        "has_results": done > 0,
        "result_count": done,
        "has_error": status == "failed",
        "credits_used": row.tenths * done / 10,
    }


def _head(task: Task) -> dict[str, Any]:
    return {
        "created": int(task.created),
        "id": task.id,
        "model": task.order.details["model"],
        "object": "image.generation.task",
        "type": "image",
    }


def _reserved(row: ModelRow, count: int) -> dict[str, Any]:
    return {
        "billing_rule": "per_call",
        "credits_reserved": row.tenths * count / 10,
        "user_group": "default",
    }


def _request_id() -> str:
    return f"req-{secrets.token_hex(12)}"
