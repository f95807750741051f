"""Every claim of `checklists.toml` is true."""

import tomllib
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from bot.domain.catalogue import Gateway, Route
from bot.domain.ids import GatewayId
from bot.providers.catalogue import load
from tests.providers.recordings import RECORDINGS, Recorded

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs" / "gateways.md"
CHECKLISTS: Mapping[str, Mapping[str, Any]] = tomllib.loads((HERE / "checklists.toml").read_text("utf-8"))
WRITTEN = tomllib.loads(resources.files("bot.providers").joinpath("catalog.toml").read_text("utf-8"))
CATALOGUE = load(None)

MAY_FOLLOW_A_PAID_PICTURE = {408, 502, 504, 520, 522, 524}
EXPECTED: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "success": lambda expect: expect["outcome"] == "Done",
    "moderation": lambda expect: expect.get("failure") in {"moderated_input", "moderated_output"},
    "rate-limit": lambda expect: expect.get("failure") == "rate_limited",
    "out-of-money": lambda expect: expect.get("failure") == "out_of_money",
    "timeout": lambda expect: expect["outcome"] == "Unclear",
    "malformed": lambda expect: expect["outcome"] == "Unclear" or expect.get("again") is True,
}
RULES = {"errors", "timeouts", "unclear", *EXPECTED, "price", "docs"}


def recordings(gateway: str, beginning: str = "") -> list[Recorded]:
    return [case for case in RECORDINGS if case.gateway == gateway and case.name.startswith(beginning)]


def is_done(gateway: str, rule: str) -> bool:
    """Whether it is claimed; what is not claimed says why."""
    claim = CHECKLISTS[gateway][rule]
    if isinstance(claim, str):
        assert claim in ({"done", "replays"} if rule == "unclear" else {"done"})
        return True
    ((kind, why),) = claim.items()
    assert kind in {"todo", "exempt"}
    assert len(why) > 20, "a reason is a sentence"
    return False


def row_of(gateway: str) -> Gateway:
    return CATALOGUE.gateways[GatewayId(gateway)]


def routes_of(gateway: str) -> list[Route]:
    return [route for route in CATALOGUE.routes if route.gateway == gateway and route.enabled]


def test_every_shipped_gateway_has_a_whole_list() -> None:
    assert CHECKLISTS.keys() == CATALOGUE.gateways.keys()
    for gateway, claims in CHECKLISTS.items():
        assert claims.keys() == RULES, gateway


def test_no_recording_belongs_to_an_unknown_gateway() -> None:
    assert {case.gateway for case in RECORDINGS} <= CATALOGUE.gateways.keys()


@pytest.mark.parametrize("gateway", CHECKLISTS)
@pytest.mark.parametrize("kind", EXPECTED)
def test_there_are_recordings_of_each_kind(gateway: str, kind: str) -> None:
    cases = recordings(gateway, kind)
    assert bool(cases) == is_done(gateway, kind)
    for case in cases:
        assert EXPECTED[kind](case.expect), f"{gateway}/{case.name}"


@pytest.mark.parametrize("gateway", CHECKLISTS)
def test_the_errors_that_people_and_operators_meet_are_mapped(gateway: str) -> None:
    known = {case.expect.get("failure", "").partition("_")[0] for case in recordings(gateway)}
    assert ({"moderated", "rate", "out", "unauthorised"} <= known) == is_done(gateway, "errors")


@pytest.mark.parametrize("gateway", CHECKLISTS)
def test_timeouts_are_stated_in_the_row_itself(gateway: str) -> None:
    written = WRITTEN["gateways"][gateway].keys()
    takes_tasks = any(case.asked == "poll" for case in recordings(gateway))
    needed = {"submit_timeout"} | ({"first_look", "look_every"} if takes_tasks else set())
    assert (needed <= written) == is_done(gateway, "timeouts")


@pytest.mark.parametrize("gateway", CHECKLISTS)
def test_what_happens_to_an_unclear_answer_is_stated(gateway: str) -> None:
    row = row_of(gateway)
    assert ("retry_statuses" in WRITTEN["gateways"][gateway]) == is_done(gateway, "unclear")
    assert not row.retry_statuses & MAY_FOLLOW_A_PAID_PICTURE
    assert (CHECKLISTS[gateway]["unclear"] == "replays") == row.replays


@pytest.mark.parametrize("gateway", CHECKLISTS)
def test_prices_are_there_or_it_is_said_why_not(gateway: str) -> None:
    priced = all(route.price is not None for route in routes_of(gateway))
    assert priced == is_done(gateway, "price")


@pytest.mark.parametrize("gateway", CHECKLISTS)
def test_the_documentation_has_a_section(gateway: str) -> None:
    headings = [line for line in DOCS.read_text("utf-8").splitlines() if line.startswith("## ")]
    found = any(line.removeprefix("## ").startswith(row_of(gateway).title) for line in headings)
    assert found == is_done(gateway, "docs")
