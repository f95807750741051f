"""What gateways that answer with a task have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from bot.sandbox.callbacks import Caller
from bot.sandbox.faults import OF_A_POLL, OF_THE_CONTENT, Endpoint, Fault, FaultName
from bot.sandbox.imitation import Imitation
from bot.sandbox.moderation import is_moderated
from bot.sandbox.tasks import Failure, Task, TaskBook

if TYPE_CHECKING:
    from bot.sandbox.desk import Desk


class TaskGateway(Imitation):
    """Refused content is a task that fails and costs nothing, as is a task that fails for other reasons."""

    def __init__(self, desk: Desk, caller: Caller | None = None) -> None:
        super().__init__(desk)
        self.caller = caller or Caller(desk)
        self.tasks = TaskBook(desk, self.caller, self.view, self.forged)

    @abstractmethod
    def view(self, task: Task, origin: str) -> dict[str, Any]:
        """The task as a question after it is answered, with links on that address."""

    @abstractmethod
    def forged(self, task: Task) -> dict[str, Any]:
        """What somebody who learned the callback address might send."""

    @abstractmethod
    def moderated(self, message: str | None) -> Failure:
        """How a task fails for its content; `message` replaces the gateway's own words."""

    @abstractmethod
    def broken(self, flaw: Fault) -> Failure:
        """How a task fails for another reason."""

    def resume(self) -> None:
        self.tasks.resume()

    def trip(self, prompt: str) -> Failure | None:
        """Fail as asked; a moderation fault is no error here, but what the task will fail with."""
        moderation = self.desk.take(Endpoint.SUBMIT, prompt, {FaultName.MODERATION})
        if moderation is not None:
            return self.moderated(moderation.args.message)
        self.desk.trip(Endpoint.SUBMIT, prompt)
        return None

    def book(
        self, prompt: str, content: Failure | None, flaw: Fault | None, bad: Failure | None = None
    ) -> Failure | None:
        """Count the submission, and tell how its task will fail, if it will.

        `content` is what a fault made of its content before; `flaw` the fault of the new task; `bad` what
        else is wrong with the submission.
        """
        content = content or (self.moderated(None) if is_moderated(prompt) else None)
        if content is not None:
            self.desk.tally.moderated += 1
            return content
        if flaw is not None and flaw.fault is FaultName.TASK_FAILED:
            return self.broken(flaw)
        if bad is not None:
            return bad
        self.desk.tally.accept(prompt)
        return None

    def span(self, flaw: Fault | None) -> float | None:
        """Seconds the new task will take, None for ever."""
        return None if flaw is not None and flaw.fault is FaultName.TASK_STUCK else self.desk.work_time()

    def spoiled(self, task: Task, view: dict[str, Any], links: str, odd: dict[str, Any]) -> dict[str, Any]:
        """The view as a fault of a poll leaves it; empty when the task is not to be found.

        `links` is the key of the links, `odd` what a status nobody knows looks like.
        """
        fault = self.desk.take(Endpoint.POLL, task.order.prompt, OF_A_POLL)
        if fault is not None:
            return {} if fault.fault is FaultName.TASK_LOST else view | odd
        if not view.get(links):
            return view
        content = self.desk.take(Endpoint.POLL, task.order.prompt, OF_THE_CONTENT)
        match content.fault if content else None:
            case FaultName.EMPTY_DATA:
                return view | {links: []}
            case FaultName.EMPTY_URL:
                return view | {links: [""]}
        return view
