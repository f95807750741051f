"""Finished pictures: found again by message, by person, by name."""

import pytest

from bot.domain.ids import JobId, PictureId
from bot.domain.jobs import CallState, JobState
from bot.ports.archive import Archive, Posted, Shown
from bot.ports.store import Store
from tests.store.engines import Engine
from tests.store.scenes import (
    GROUP,
    NOW,
    accepted,
    after,
    deliver,
    delivering,
    done,
    loaded,
    moved,
    working,
)


async def test_a_message_leads_to_its_picture_and_job(engine: Engine) -> None:
    job = await delivering(engine.store, count=3)
    for picture in job.pictures:
        await deliver(engine.store, [picture], f"m{picture.ordinal}")
    job = await loaded(engine.store, job)
    for picture in job.pictures:
        assert await engine.archive.shown("telegram", GROUP, f"m{picture.ordinal}") == Shown(job, picture)


async def test_an_album_with_one_number_shows_its_first_picture(engine: Engine) -> None:
    job = await delivering(engine.store, count=3)
    await deliver(engine.store, job.pictures[::-1], "m")
    shown = await engine.archive.shown("telegram", GROUP, "m")
    assert shown
    assert shown.picture.ordinal == 0


@pytest.mark.parametrize(
    "place", [("telegram", GROUP, "other"), ("telegram", "-9", "m1"), ("discord", GROUP, "m1")]
)
async def test_a_message_elsewhere_shows_nothing(engine: Engine, place: tuple[str, str, str]) -> None:
    await done(engine.store, 1)
    assert await engine.archive.shown(*place) is None


async def test_a_picture_that_was_sent_again_is_found_by_both_messages(engine: Engine) -> None:
    job = await done(engine.store, 1)
    await deliver(engine.store, job.pictures, "again", chat="ann")
    shown = Shown(job, job.pictures[0])
    assert await engine.archive.shown("telegram", GROUP, "m1") == shown
    assert await engine.archive.shown("telegram", "ann", "again") == shown


async def test_the_latest_picture_is_the_one_that_was_shown_last(engine: Engine) -> None:
    first = await done(engine.store, 1)
    await done(engine.store, 2)
    await done(engine.store, 3, person="ben")
    await done(engine.store, 4, chat="ann")
    shown = await engine.archive.latest("telegram", "ann", GROUP)
    assert shown
    assert shown.job.address.message == "2"
    await deliver(engine.store, first.pictures, "again", now=after(9))
    assert await engine.archive.latest("telegram", "ann", GROUP) == Shown(first, first.pictures[0])


async def test_somebody_who_was_shown_nothing_here_has_no_latest_picture(engine: Engine) -> None:
    await done(engine.store, 1)
    await delivering(engine.store, 2, person="ben")
    assert await engine.archive.latest("telegram", "ben", GROUP) is None
    assert await engine.archive.latest("telegram", "ann", "-9") is None
    assert await engine.archive.latest("discord", "ann", GROUP) is None


async def test_a_picture_is_found_by_its_name(engine: Engine) -> None:
    job = await done(engine.store, count=2)
    for picture in job.pictures:
        assert await engine.archive.picture(picture.id) == Shown(job, picture)
    assert await engine.archive.picture(PictureId("nowhere")) is None


# --- history -------------------------------------------------------------------------------------------


async def history(archive: Archive, person: str = "ann", limit: int = 20) -> list[str | None]:
    return [job.address.message for job in await archive.history("telegram", person, limit)]


async def test_history_is_newest_first_and_as_long_as_asked(engine: Engine) -> None:
    jobs = [await done(engine.store, number) for number in range(1, 6)]
    assert await engine.archive.history("telegram", "ann", 3) == [jobs[4], jobs[3], jobs[2]]
    assert await history(engine.archive) == ["5", "4", "3", "2", "1"]


async def test_history_has_one_persons_jobs_with_pictures_also_those_that_did_not_arrive(
    engine: Engine,
) -> None:
    lost = await delivering(engine.store, 1)
    assert await engine.store.close(lost, JobState.UNDELIVERABLE, None, NOW)
    failed = await working(engine.store, 2)
    assert await engine.store.close(failed, JobState.FAILED, None, NOW)
    await accepted(engine.store, 3)
    await done(engine.store, 4, person="ben")
    assert await history(engine.archive) == ["1"]
    assert await history(engine.archive, "ben") == ["4"]
    assert await history(engine.archive, "nobody") == []


# --- what is in the chat -------------------------------------------------------------------------------


async def posted(archive: Archive, job_id: JobId) -> set[tuple[str, str]]:
    found = await archive.posted(job_id)
    assert len(set(found)) == len(found)
    assert {post.platform for post in found} <= {"telegram"}
    return {(post.chat, post.message) for post in found}


async def test_all_messages_of_a_job_are_known(engine: Engine) -> None:
    job = await delivering(engine.store, 1, count=2)
    await done(engine.store, 2)
    assert await engine.archive.posted(job.id) == []
    await deliver(engine.store, job.pictures, "album")
    await deliver(engine.store, job.pictures[:1], "again", chat="ann")
    await engine.store.note_status_message(job.id, "status")
    assert await posted(engine.archive, job.id) == {(GROUP, "album"), ("ann", "again"), (GROUP, "status")}


async def test_a_status_message_that_became_the_picture_is_one_message(engine: Engine) -> None:
    job = await done(engine.store, 1)
    await engine.store.note_status_message(job.id, "m1")
    assert await engine.archive.posted(job.id) == [Posted("telegram", GROUP, "m1")]


async def test_a_job_that_was_never_there_posted_nothing(archive: Archive) -> None:
    assert await archive.posted(JobId("nowhere")) == []


async def test_a_picture_in_the_making_is_not_found(store: Store, archive: Archive) -> None:
    job = await working(store)
    await moved(store, job.calls[0], CallState.SUBMITTING, CallState.WAITING)
    assert await archive.history("telegram", "ann", 20) == []
    assert await archive.latest("telegram", "ann", GROUP) is None
