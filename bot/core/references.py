"""The images handed in with a request: fetched from the platform, checked, kept as gateways want them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog

from bot.domain.jobs import Job, Reference
from bot.domain.problems import Key, Problem, problem
from bot.domain.request import Handle
from bot.ports.archive import Archive
from bot.ports.chat import Chat, HandleGone, HandleTooLarge
from bot.ports.media import MediaStore, Normaliser
from bot.ports.store import Store

log = structlog.get_logger()

_CHUNK = 256 * 1024


class References:
    """Prepares a job's images, in their order."""

    def __init__(self, store: Store, archive: Archive, media: MediaStore, normaliser: Normaliser) -> None:
        self._store = store
        self._archive = archive
        self._media = media
        self._normaliser = normaliser

    async def prepare(self, job: Job, chat: Chat) -> Problem | None:
        """Prepare what is not prepared yet; or say what is wrong with the first image that cannot be used.

        Repeatable. Raises ChatUnavailable when the platform does not hand an image out for now.
        """
        ready = {reference.ordinal for reference in job.references}
        for ordinal, handle in enumerate(job.request.references):
            if ordinal in ready:
                continue
            reference = await self._prepare(job, chat, ordinal, handle)
            if isinstance(reference, Problem):
                log.info("image not usable", job=job.id, number=ordinal + 1, why=reference.key.value)
                return reference
            await self._store.note_references(job.id, [reference])
        return None

    async def _prepare(self, job: Job, chat: Chat, ordinal: int, handle: Handle) -> Reference | Problem:
        number = ordinal + 1
        key = f"references/{job.id}/{ordinal:02d}"
        try:
            async with aclosing(self._fetch(handle, chat)) as chunks:
                kept = await self._normaliser.normalise(chunks, number, key)
        except HandleGone:
            return problem(Key.REFERENCE_GONE, number=number)
        except HandleTooLarge as large:
            return problem(Key.REFERENCE_TOO_LARGE, number=number, limit=large.limit_mb)
        if isinstance(kept, Problem):
            return kept
        return Reference(ordinal, kept.media_key, kept.width, kept.height, kept.bytes, kept.mime)

    async def _fetch(self, handle: Handle, chat: Chat) -> AsyncGenerator[bytes, None]:
        """The bytes we keep, which are better than what the platform made of them; else the platform's."""
        shown = await self._archive.picture(handle.picture) if handle.picture else None
        if shown:
            try:
                async with self._media.open(shown.picture.media_key) as path:
                    with await asyncio.to_thread(path.open, "rb") as file:
                        while chunk := await asyncio.to_thread(file.read, _CHUNK):
                            yield chunk
            except (KeyError, FileNotFoundError):  # its time was over
                pass
            else:
                return
        if not handle.ref:
            raise HandleGone("a picture of ours that is kept no longer")
        async with aclosing(chat.fetch(handle)) as chunks:
            async for chunk in chunks:
                yield chunk
