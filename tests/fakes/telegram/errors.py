"""The one way a method is refused: an error answer of the Bot API."""

from typing import Any


class Refusal(Exception):
    """An error answer: HTTP status and ``error_code``, description, and ``parameters`` (retry_after)."""

    def __init__(self, code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def wire(self) -> dict[str, Any]:
        answer = {"ok": False, "error_code": self.code, "description": self.description}
        return answer if self.parameters is None else answer | {"parameters": self.parameters}


def bad_request(text: str) -> Refusal:
    return Refusal(400, f"Bad Request: {text}")


def forbidden(text: str) -> Refusal:
    return Refusal(403, f"Forbidden: {text}")


def not_found() -> Refusal:
    return Refusal(404, "Not Found")
