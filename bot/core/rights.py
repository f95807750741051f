"""Who may do what in a chat."""

from collections.abc import Mapping

from bot.core.talk import Event, Turn
from bot.domain.jobs import Job
from bot.domain.problems import Key, Problem, problem
from bot.domain.settings import Drawers, Pressers
from bot.ports.chat import Chat


class Rights:
    """Asks the platforms who administers their chats. Methods raise ChatUnavailable."""

    def __init__(self, chats: Mapping[str, Chat]) -> None:
        self._chats = chats

    async def is_admin(self, event: Event) -> bool:
        """Whether somebody administers the chat they speak in; a private chat is everybody's own."""
        if event.private or event.for_chat:
            return True
        chat = self._chats.get(event.platform)
        return chat is not None and await chat.is_admin(event.address.chat, event.person)

    async def may_draw(self, turn: Turn[Event]) -> Problem | None:
        """Why somebody may not ask for pictures here."""
        if turn.event.private or turn.chat.drawers is Drawers.EVERYONE or await self.is_admin(turn.event):
            return None
        return problem(Key.ADMINS_DRAW)

    def may_use(self, turn: Turn[Event], job: Job) -> Problem | None:
        """Why somebody may not use the buttons under a job's pictures.

        Whoever cannot have seen the job, because they are in another chat, is not even told that it exists.
        """
        if is_requester(turn.event, job):
            return None
        here = (job.address.platform, job.address.chat) == (turn.event.platform, turn.event.address.chat)
        if turn.event.private or not here:
            return problem(Key.JOB_GONE)
        return problem(Key.NOT_YOURS) if turn.chat.pressers is Pressers.REQUESTER else None


def is_requester(event: Event, job: Job) -> bool:
    return (job.address.platform, job.person) == (event.platform, event.person)
