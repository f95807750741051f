"""What every gateway must do, asked of each dialect against an imitation of the vendor on loopback."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot.domain.catalogue import Route
from bot.domain.geometry import Aspect, Size
from bot.domain.ids import GatewayId
from bot.domain.outcome import Accepted, Done, Failure, Inline, Link, Rejected, Running, Unclear
from bot.domain.request import Kind
from bot.media.folder import FolderMedia
from bot.ports.media import Kept
from bot.providers.access import Access
from bot.providers.catalogue import load
from bot.providers.fetcher import open_fetcher
from bot.providers.registry import open_gateways
from bot.sandbox import Fault, FaultName
from tests.providers.making import submission, web_server
from tests.providers.vendors import ALL, QUICK, SYNC, TASKS, Vendor, rejected, vendor

DRAWING = [route.key for route in load(None).routes if Kind.DRAW in route.kinds]

SHAPES = ((1, 1), (16, 9), (1, 3))

F = FaultName


@pytest.fixture(params=ALL)
async def any_vendor(request: pytest.FixtureRequest) -> AsyncIterator[Vendor]:
    async with vendor(request.param) as served:
        yield served


@pytest.fixture(params=SYNC)
async def sync_vendor(request: pytest.FixtureRequest) -> AsyncIterator[Vendor]:
    async with vendor(request.param) as served:
        yield served


@pytest.fixture(params=TASKS)
async def task_vendor(request: pytest.FixtureRequest) -> AsyncIterator[Vendor]:
    async with vendor(request.param) as served:
        yield served


def sizes_of(route: Route) -> Sequence[Size]:
    """All sizes on offer, or some out of a range."""
    if route.size_range is None:
        return route.sizes
    return [size for shape in SHAPES if (size := route.size_range.sizes.fit(Aspect(*shape)))]


@pytest.mark.parametrize("key", DRAWING)
async def test_every_size_of_every_shipped_row_is_drawn_and_kept(key: str, tmp_path: Path) -> None:
    gateway, _, _ = key.partition("/")
    async with vendor(gateway) as served:
        route = served.catalogue.route(key)
        assert route
        async with open_fetcher(served.catalogue, served.access, FolderMedia(tmp_path)) as fetcher:
            for size in sizes_of(route):
                outcome = await served.drawn(submission(route, size=size))
                assert isinstance(outcome, Done), outcome
                (result,) = outcome.results
                kept = await fetcher.fetch(served.id, result, "p/1")
                assert isinstance(kept, Kept)
                assert Size(kept.width, kept.height) == size


@pytest.mark.parametrize("key", [route.key for route in load(None).routes if route.max_n > 1 and route.sizes])
async def test_as_many_pictures_come_as_the_row_allows(key: str) -> None:
    async with vendor(key.partition("/")[0]) as served:
        route = served.catalogue.route(key)
        assert route
        outcome = await served.drawn(submission(route, count=route.max_n))
    assert isinstance(outcome, Done)
    assert len(outcome.results) == route.max_n


@pytest.mark.parametrize("key", DRAWING)
async def test_all_options_of_a_row_are_taken(key: str) -> None:
    async with vendor(key.partition("/")[0]) as served:
        route = served.catalogue.route(key)
        assert route
        wish = submission(
            route,
            seed=2**31 - 1 if route.seed else None,
            negative_prompt="blur" if route.negative_limit else None,
            raw=route.raw,
        )
        assert isinstance(await served.drawn(wish), Done)


async def test_options_may_stand_inside_parameters(tmp_path: Path) -> None:
    file = tmp_path / "drawbridge.toml"
    file.write_text('[gateways.dieyuyun.wire]\nplacement = "parameters"\nsize_sign = "*"\n')
    async with vendor("dieyuyun", operator_file=file) as served:
        wish = served.asked(seed=7, negative_prompt="blur", count=3)
        outcome = await served.drawn(wish)
    assert isinstance(outcome, Done)
    assert len(outcome.results) == 3


async def test_pictures_may_come_inside_the_answer(tmp_path: Path) -> None:
    file = tmp_path / "drawbridge.toml"
    file.write_text('[gateways.crazyrouter.wire]\nresponse_format = "b64_json"\n')
    async with vendor("crazyrouter", operator_file=file) as served:
        outcome = await served.drawn(served.asked())
    assert isinstance(outcome, Done)
    assert isinstance(outcome.results[0], Inline)


async def test_a_gateway_that_is_too_busy_may_be_asked_again_later(any_vendor: Vendor) -> None:
    any_vendor.break_with(F.RATE_LIMITED, retry_after=7)
    outcome = await any_vendor.gateway.submit(any_vendor.asked())
    assert rejected(outcome) == (Failure.RATE_LIMITED, True)
    assert isinstance(outcome, Rejected)
    assert outcome.retry_after == timedelta(seconds=7)


async def test_a_bare_429_may_be_asked_again(any_vendor: Vendor) -> None:
    any_vendor.break_with(F.RATE_LIMITED, empty=True)
    assert rejected(await any_vendor.gateway.submit(any_vendor.asked())) == (Failure.RATE_LIMITED, True)


async def test_a_gateway_that_is_down_for_a_moment_may_be_asked_again(any_vendor: Vendor) -> None:
    any_vendor.break_with(F.UNAVAILABLE)
    assert rejected(await any_vendor.gateway.submit(any_vendor.asked())) == (Failure.UPSTREAM, True)


async def test_a_500_may_be_asked_again_only_where_that_is_free(any_vendor: Vendor) -> None:
    any_vendor.break_with(F.SERVER_ERROR)
    outcome = await any_vendor.gateway.submit(any_vendor.asked())
    assert rejected(outcome) == (Failure.UPSTREAM, any_vendor.id != "crazyrouter")


@pytest.mark.parametrize(
    ("fault", "failure"),
    [(F.BAD_KEY, Failure.UNAUTHORISED), (F.OUT_OF_MONEY, Failure.OUT_OF_MONEY)],
)
async def test_what_only_the_operator_can_mend_is_not_asked_again(
    any_vendor: Vendor, fault: FaultName, failure: Failure
) -> None:
    any_vendor.break_with(fault)
    assert rejected(await any_vendor.gateway.submit(any_vendor.asked())) == (failure, False)


async def test_a_refused_prompt_is_known_as_such(any_vendor: Vendor) -> None:
    any_vendor.break_with(F.MODERATION)
    outcome = await any_vendor.drawn(any_vendor.asked())
    assert rejected(outcome) == (Failure.MODERATED_INPUT, False)
    assert any_vendor.paid == 0


@pytest.mark.parametrize("fault", [F.DROP_AFTER, F.TRUNCATED_JSON, F.HTML_200, F.DROP_BEFORE, F.BAD_GATEWAY])
async def test_an_answer_that_is_lost_is_unclear_and_not_repeated(
    any_vendor: Vendor, fault: FaultName
) -> None:
    any_vendor.break_with(fault)
    assert isinstance(await any_vendor.gateway.submit(any_vendor.asked()), Unclear)
    assert any_vendor.sandbox.tallies[any_vendor.id].received == 1


@pytest.mark.parametrize("fault", [F.EMPTY_DATA, F.EMPTY_URL])
async def test_a_success_without_pictures_shows_none(any_vendor: Vendor, fault: FaultName) -> None:
    any_vendor.break_with(fault)
    outcome = await any_vendor.drawn(any_vendor.asked())
    assert isinstance(outcome, Done)
    assert outcome.results == ()


async def test_a_task_from_a_synchronous_gateway_is_unclear(sync_vendor: Vendor) -> None:
    sync_vendor.break_with(F.TASK_ID_IN_SYNC)
    assert isinstance(await sync_vendor.gateway.submit(sync_vendor.asked()), Unclear)


async def test_an_error_inside_a_200_is_an_error(any_vendor: Vendor) -> None:
    any_vendor.break_with(F.ERROR_IN_200)
    assert isinstance(await any_vendor.gateway.submit(any_vendor.asked()), Rejected)


async def test_fewer_pictures_than_asked_for_are_taken() -> None:
    async with vendor("dieyuyun") as served:
        served.break_with(F.FEWER_IMAGES)
        outcome = await served.drawn(served.asked(count=3))
    assert isinstance(outcome, Done)
    assert len(outcome.results) == 2


async def test_a_gateway_that_is_away_was_never_asked(any_vendor: Vendor) -> None:
    access = {any_vendor.id: Access("key", "http://127.0.0.1:9/v1")}
    async with open_gateways(any_vendor.catalogue.only(frozenset({any_vendor.id})), access) as gateways:
        outcome = await gateways[any_vendor.id].submit(any_vendor.asked())
        assert rejected(outcome) == (Failure.UNREACHABLE, True)
        assert (await gateways[any_vendor.id].check()).works is None


# --- tasks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", TASKS)
async def test_a_task_runs_until_it_is_done(id_: str) -> None:
    slow = replace(QUICK, latency=timedelta(seconds=0.1))
    async with vendor(id_, options=slow) as served:
        accepted = await served.gateway.submit(served.asked())
        assert isinstance(accepted, Accepted)
        assert isinstance(await served.gateway.poll(accepted.ref), Running)
        outcome = await served.drawn(served.asked())
    assert isinstance(outcome, Done)
    assert isinstance(outcome.results[0], Link)


@pytest.mark.parametrize(
    "fault",
    [F.TASK_LOST, F.RATE_LIMITED, F.SERVER_ERROR, F.BAD_GATEWAY, F.UNAVAILABLE, F.BAD_KEY, F.DROP_BEFORE,
     F.ERROR_IN_200, F.TRUNCATED_JSON, F.HTML_200],
)  # fmt: skip
async def test_a_question_that_fails_leaves_the_task_alive(task_vendor: Vendor, fault: FaultName) -> None:
    accepted = await task_vendor.gateway.submit(task_vendor.asked())
    assert isinstance(accepted, Accepted)
    wish = {"fault": fault, "gateway": task_vendor.id, "endpoint": "poll", "times": None}
    task_vendor.sandbox.add_faults(Fault.model_validate(wish))
    outcome = await task_vendor.gateway.poll(accepted.ref)
    task_vendor.sandbox.clear_faults()
    assert isinstance(outcome, Rejected)
    assert outcome.again
    assert isinstance(await task_vendor.gateway.poll(accepted.ref), Done)


async def test_an_unknown_word_for_the_state_means_running(task_vendor: Vendor) -> None:
    accepted = await task_vendor.gateway.submit(task_vendor.asked())
    assert isinstance(accepted, Accepted)
    task_vendor.break_with(F.TASK_UNKNOWN_STATUS)
    assert isinstance(await task_vendor.gateway.poll(accepted.ref), Running)


async def test_a_task_that_fails_is_free_and_another_one_may_succeed(task_vendor: Vendor) -> None:
    task_vendor.break_with(F.TASK_FAILED, message="GPU on fire\n\x1b")
    outcome = await task_vendor.drawn(task_vendor.asked())
    assert rejected(outcome) == (Failure.UPSTREAM, False)
    assert isinstance(outcome, Rejected)
    assert outcome.fresh
    assert outcome.detail.endswith("GPU on fire")
    assert task_vendor.paid == 0


async def test_a_refused_task_is_not_to_be_tried_again(task_vendor: Vendor) -> None:
    task_vendor.break_with(F.MODERATION)
    outcome = await task_vendor.drawn(task_vendor.asked())
    assert isinstance(outcome, Rejected)
    assert not outcome.fresh


async def test_a_task_that_has_ended_is_called_back(task_vendor: Vendor) -> None:
    called = asyncio.Event()

    async def hear(request: web.Request) -> web.Response:
        await request.read()
        called.set()
        return web.Response()

    async with web_server(web.post("/cb/secret", hear)) as root:
        outcome = await task_vendor.drawn(task_vendor.asked(callback_url=f"{root}/cb/secret"))
        await called.wait()
    assert isinstance(outcome, Done)


async def test_the_reported_credits_become_money_when_their_price_is_known(tmp_path: Path) -> None:
    file = tmp_path / "drawbridge.toml"
    file.write_text("[gateways.qwen-image-2512.wire]\nmicros_per_credit = 1200\n")
    async with vendor("qwen-image-2512", operator_file=file) as served:
        priced = await served.drawn(served.asked())
    async with vendor("qwen-image-2512") as served:
        unpriced = await served.drawn(served.asked())
    assert isinstance(priced, Done)
    assert isinstance(unpriced, Done)
    assert (priced.charged, unpriced.charged) == (6000, None)


async def test_errors_are_understood_when_only_the_body_tells() -> None:
    shy = replace(QUICK, status_in_body_only=True)
    async with vendor("qwen-image-2512", options=shy) as served:
        for fault, expected in [
            (F.BAD_KEY, (Failure.UNAUTHORISED, False)),
            (F.SERVER_ERROR, (Failure.UPSTREAM, True)),
            (F.RATE_LIMITED, (Failure.RATE_LIMITED, True)),
        ]:
            served.break_with(fault)
            assert rejected(await served.gateway.submit(served.asked())) == expected
        assert rejected(await served.gateway.poll("no-such-task")) == (Failure.NOT_FOUND, True)
        assert (await served.gateway.check()).works


async def test_a_synchronous_gateway_has_no_tasks(sync_vendor: Vendor) -> None:
    assert rejected(await sync_vendor.gateway.poll("task")) == (Failure.NOT_FOUND, False)


# --- keys -----------------------------------------------------------------------------------------------


async def test_a_key_that_works_is_told(any_vendor: Vendor) -> None:
    assert (await any_vendor.gateway.check()).works is True


@pytest.mark.parametrize("id_", ALL)
async def test_a_key_that_does_not_work_is_told_without_showing_it(id_: str) -> None:
    async with vendor(id_, key="wrong-key-123") as served:
        check = await served.gateway.check()
    assert check.works is False
    assert check.detail
    assert "wrong-key-123" not in check.detail


async def test_a_self_hosted_server_needs_no_key() -> None:
    async with vendor("openai", key=None) as served:
        assert (await served.gateway.check()).works is True
        assert isinstance(await served.drawn(served.asked()), Done)


async def test_a_check_draws_nothing_and_costs_nothing(any_vendor: Vendor) -> None:
    await any_vendor.gateway.check()
    assert any_vendor.paid == 0
    assert any_vendor.sandbox.tallies[any_vendor.id].received == 0


async def test_an_address_that_cannot_be_one_is_told_with_the_gateways_name() -> None:
    catalogue = load(None)
    access = {GatewayId("openai"): Access(base_url="localhost:8000")}
    with pytest.raises(ValueError, match=r"openai: 'localhost:8000' is not an address"):
        async with open_gateways(catalogue.only(frozenset(access)), access):
            pass
