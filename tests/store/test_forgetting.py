"""Forgetting: what a person said and was given goes, the numbers stay as long as they count."""

from dataclasses import replace
from datetime import UTC

from bot.domain.decide import Move
from bot.domain.ids import PictureId
from bot.domain.jobs import Address, CallState, Job, JobState, Reference
from bot.domain.ledger import Usage
from bot.domain.problems import Key, problem
from bot.domain.request import Handle, ImageRequest, Kind
from bot.domain.settings import Ask, PersonSettings
from bot.ports.people import Acquaintance
from bot.ports.store import Opened, Store
from tests.store.engines import Engine
from tests.store.scenes import (
    AMPLE,
    GROUP,
    NOW,
    accepted,
    after,
    deliver,
    delivering,
    done,
    loaded,
    moved,
    order,
    planned,
    working,
)

LATER = after(86_400_000)
REMAINING = ("jobs", "calls", "accounts", "entries")


async def edited(store: Store, number: int) -> Job:
    """A finished edit of an image that was handed in."""
    wish = ImageRequest(Kind.EDIT, "secret words", count=2, references=(Handle("secret file"),))
    opened = await store.accept(replace(order(number), request=wish), AMPLE, NOW, UTC)
    assert isinstance(opened, Opened)
    job = opened.job
    await store.note_references(job.id, [Reference(0, f"references/{job.id}", 9, 9, 9, "image/png")])
    assert await store.begin(job, planned(job), NOW)
    job = await loaded(store, job)
    call = await moved(store, job.calls[0], CallState.SUBMITTING)
    why = problem(Key.MODERATED, given="secret words")
    rejected = await store.move_call(
        call, Move(CallState.REJECTED, ref="secret task", links=("https://secret/1",), problem=why), NOW
    )
    assert rejected
    assert await store.close(await loaded(store, job), JobState.FAILED, why, NOW)
    await store.note_status_message(job.id, "secret status")
    return await loaded(store, job)


async def test_nothing_that_a_person_said_or_was_given_is_left(engine: Engine) -> None:
    failed, drawn = await edited(engine.store, 1), await done(engine.store, 2)
    await engine.people.keep_person("telegram", "ann", PersonSettings(locale="zh-CN"), NOW)
    await engine.people.keep_ask("telegram", GROUP, "ann", Ask(NOW, "secret words"))
    await engine.archive.forget("telegram", "ann", LATER)
    assert await engine.people.recall("telegram", "ann", GROUP) == Acquaintance()
    for job, request in (
        (failed, ImageRequest(Kind.EDIT, "", count=2)),
        (drawn, ImageRequest(Kind.DRAW, "", count=1)),
    ):
        forgotten = await loaded(engine.store, job)
        assert (forgotten.request, forgotten.person, forgotten.state) == (request, "", job.state)
        assert (forgotten.address, forgotten.status_message) == (Address("telegram", ""), None)
        assert (forgotten.pictures, forgotten.references, forgotten.problem) == ((), (), None)
        assert {(call.ref, call.links, call.problem) for call in forgotten.calls} == {(None, (), None)}
    for table in ("deliveries", "pictures", "job_references", "asks"):
        assert await engine.execute(f"SELECT * FROM {table}") == []  # noqa: S608 - names of ours
    everything = [await engine.execute(f"SELECT * FROM {table}") for table in REMAINING]  # noqa: S608
    for word in ("secret", "a fox", GROUP, "telegram:1", "telegram:2", "zh-CN"):
        assert word not in str(everything)


async def test_nothing_of_what_was_forgotten_is_found(engine: Engine) -> None:
    job = await done(engine.store, 1)
    await engine.archive.forget("telegram", "ann", LATER)
    assert await engine.archive.shown("telegram", GROUP, "m1") is None
    assert await engine.archive.latest("telegram", "ann", GROUP) is None
    assert await engine.archive.picture(job.pictures[0].id) is None
    assert await engine.archive.history("telegram", "ann", 20) == []
    assert await engine.archive.posted(job.id) == []
    assert await engine.archive.keepsakes("telegram", "ann") == []


async def test_other_people_keep_everything(engine: Engine) -> None:
    job = await done(engine.store, 1, person="ben")
    await done(engine.store, 2)
    await engine.people.keep_ask("telegram", GROUP, "ben", Ask(NOW, "words"))
    await engine.archive.forget("telegram", "ann", LATER)
    assert await loaded(engine.store, job) == job
    assert (await engine.people.recall("telegram", "ben", GROUP)).ask == Ask(NOW, "words")


async def test_what_was_used_still_counts(engine: Engine) -> None:
    await done(engine.store, 1, count=3)
    before = await engine.execute("SELECT * FROM entries")
    used = await engine.store.usage("telegram", "ann", after(9), UTC)
    assert used == Usage(today=3, in_flight=0, last_minute=1, oldest_in_minute=after(1), month=3)
    await engine.archive.forget("telegram", "ann", after(5))
    assert await engine.store.usage("telegram", "ann", after(9), UTC) == used
    assert await engine.execute("SELECT * FROM entries") == before


async def test_unfinished_jobs_are_left_alone_until_the_next_time(engine: Engine) -> None:
    job = await delivering(engine.store, 1)
    await engine.archive.forget("telegram", "ann", LATER)
    assert await loaded(engine.store, job) == job
    await deliver(engine.store, job.pictures)
    assert await engine.store.close(job, JobState.DONE, None, NOW)
    await engine.archive.forget("telegram", "ann", LATER)
    assert (await loaded(engine.store, job)).request.prompt == ""


async def test_forgetting_again_changes_nothing(engine: Engine) -> None:
    await done(engine.store, 1)
    for _ in range(2):
        await engine.archive.forget("telegram", "ann", LATER)
    assert len(await engine.execute("SELECT * FROM jobs")) == 1


async def test_a_finished_job_that_nobody_was_told_of_is_not_told_any_more(engine: Engine) -> None:
    job = await working(engine.store)
    assert await engine.store.close(job, JobState.FAILED, None, NOW)
    await engine.archive.forget("telegram", "ann", LATER)
    assert await engine.store.unfinished(None, 10) == []


async def test_a_stranger_can_be_forgotten(engine: Engine) -> None:
    await engine.people.keep_ask("telegram", "ann", "ann", Ask(NOW, "words"))
    await engine.archive.forget("telegram", "ann", LATER)
    assert await engine.execute("SELECT * FROM asks") == []
    assert await engine.execute("SELECT * FROM accounts") == []


async def test_keepsakes_are_the_images_of_all_finished_jobs_of_a_person(engine: Engine) -> None:
    failed, drawn = await edited(engine.store, 1), await done(engine.store, 2, count=2)
    await done(engine.store, 3, person="ben")
    await delivering(engine.store, 4)
    keys = await engine.archive.keepsakes("telegram", "ann")
    assert sorted(keys) == sorted(
        [f"references/{failed.id}", *(picture.media_key for picture in drawn.pictures)]
    )


async def test_a_picture_of_ours_that_somebody_edits_stays_their_wish(engine: Engine) -> None:
    job = await done(engine.store, 1)
    handle = Handle("f", PictureId(job.pictures[0].id))
    wish = ImageRequest(Kind.EDIT, "night", references=(handle,))
    opened = await engine.store.accept(replace(order(2, person="ben"), request=wish), AMPLE, NOW, UTC)
    assert isinstance(opened, Opened)
    await engine.archive.forget("telegram", "ann", LATER)
    assert (await loaded(engine.store, opened.job)).request == wish


# --- for good ------------------------------------------------------------------------------------------


async def name_of(engine: Engine, person: str = "ann") -> bool:
    return await engine.store.account("telegram", person) is not None


async def test_the_name_goes_when_nothing_counts_any_more(engine: Engine) -> None:
    await done(engine.store, 1)
    await done(engine.store, 2, person="ben")
    await engine.archive.forget("telegram", "ann", after(5))
    assert await engine.archive.forget_for_good(after(1)) == 0
    assert await name_of(engine)
    assert await engine.archive.forget_for_good(after(6)) == 1
    assert not await name_of(engine)
    assert await name_of(engine, "ben")
    assert await engine.archive.forget_for_good(after(6)) == 0
    assert len(await engine.execute("SELECT * FROM entries")) == 4


async def test_who_draws_again_is_not_forgotten_for_good(engine: Engine) -> None:
    await done(engine.store, 1)
    await engine.archive.forget("telegram", "ann", after(5))
    await accepted(engine.store, 2)
    assert await engine.archive.forget_for_good(LATER) == 0
    assert await name_of(engine)


async def test_who_settles_something_again_is_not_forgotten_for_good(engine: Engine) -> None:
    await done(engine.store, 1)
    await engine.archive.forget("telegram", "ann", after(5))
    await engine.people.keep_person("telegram", "ann", PersonSettings(count=2), LATER)
    assert await engine.archive.forget_for_good(LATER) == 0
    assert (await engine.people.recall("telegram", "ann", GROUP)).person == PersonSettings(count=2)


async def test_who_comes_back_after_their_name_was_taken_off_is_somebody_new(engine: Engine) -> None:
    job = await done(engine.store, 1)
    await engine.archive.forget("telegram", "ann", after(5))
    assert await engine.archive.forget_for_good(LATER) == 1
    assert (await accepted(engine.store, 1)).account_id != job.account_id
