"""Which routes can do exactly what was asked, and if none can, why.

Nothing is bent to fit: a size that is not offered, an option a model does not take or a prompt that is
too long is refused with what is allowed. Only a wished *ratio* is met by the nearest size on offer, and
the person is shown the real pixels.
"""

import difflib
import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.catalogue import Catalogue, PromptUnit, Route
from bot.domain.geometry import Aspect, Size, nearest
from bot.domain.problems import Key, Problem, problem
from bot.domain.request import ImageRequest, Kind


@dataclass(frozen=True, slots=True)
class Fit:
    """A route and the pixels it will be asked for (None: the gateway chooses)."""

    route: Route
    size: Size | None


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a job for one call: `count` pictures, beginning with the `offset`-th."""

    offset: int
    count: int
    seed: int | None


def length_in(unit: PromptUnit, text: str) -> int:
    """The length of `text` as a gateway counts it.

    Tokens are estimated on the safe side: one for each wide character (Chinese, Japanese, Korean, emoji), one
    for every three others. No vendor publishes the tokenizer of these limits.
    """
    if unit is PromptUnit.CHARACTERS:
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return wide + math.ceil((len(text) - wide) / 3)


def fit(request: ImageRequest, route: Route) -> Fit | Problem:
    """Whether `route` can do exactly `request`, with the size it would be asked for."""
    for check in (_kind, _prompt, _options):
        if why := check(request, route):
            return why
    size = _size(request, route)
    return size if isinstance(size, Problem) else Fit(route, size)


def candidates(request: ImageRequest, catalogue: Catalogue) -> tuple[Fit, ...] | Problem:
    """The routes that can do exactly `request`, cheapest first, unknown prices last; or why none can.

    The explanation is that of the route which came nearest: the first whose refusal the person can mend.
    """
    routes = catalogue.routes
    if not routes:
        return problem(Key.NO_GATEWAY)
    if request.model is not None:
        routes = tuple(route for route in routes if route.is_called(request.model))
        if not routes:
            return unknown_model(request.model, catalogue)
    answers = [fit(request, route) for route in routes]
    fits = [answer for answer in answers if isinstance(answer, Fit)]
    if fits:
        return tuple(sorted(fits, key=_by_price))
    why = _explain(request, routes, [answer for answer in answers if isinstance(answer, Problem)])
    return _with_able(why, catalogue)


def shares(count: int, route: Route, seed: int | None) -> tuple[Share, ...]:
    """Fan-out: `count` pictures cut into calls of at most the route's `max_n`, as even as can be.

    A given seed is counted up from call to call; the same seed again would be the same picture again.
    """
    calls = math.ceil(count / route.max_n)
    parts: list[Share] = []
    offset = 0
    for index in range(calls):
        size = math.ceil((count - offset) / (calls - index))
        parts.append(Share(offset, size, _nth_seed(seed, offset, route.max_seed)))
        offset += size
    return tuple(parts)


def unknown_model(given: str, catalogue: Catalogue) -> Problem:
    """The refusal that names the model most like `given`, and all there are."""
    names = catalogue.model_names()
    known = {name.casefold(): name for name in names}
    known |= {alias.casefold(): route.name for route in catalogue.routes for alias in route.aliases}
    close = difflib.get_close_matches(given.casefold(), list(known), n=1, cutoff=0.5)
    return problem(
        Key.MODEL_UNKNOWN,
        given=given[:40],
        nearest=known[close[0]] if close else "",
        models=", ".join(names),
    )


def _nth_seed(seed: int | None, offset: int, limit: int) -> int | None:
    return None if seed is None else (seed + offset) % (limit + 1)


def _by_price(candidate: Fit) -> tuple[bool, int]:
    return (candidate.route.price is None, candidate.route.price or 0)


def _kind(request: ImageRequest, route: Route) -> Problem | None:
    if request.kind not in route.kinds:
        return problem(Key.KIND_NOT_OFFERED, kind=request.kind.value, model=route.name, able="")
    if request.kind is Kind.EDIT and not request.references:
        return problem(Key.EDIT_NEEDS_IMAGE)
    if len(request.references) > route.references:
        return problem(Key.REFERENCES_TOO_MANY, given=len(request.references), limit=route.references)
    return None


def _prompt(request: ImageRequest, route: Route) -> Problem | None:
    length = length_in(route.prompt_unit, request.prompt)
    if length > route.prompt_limit:
        unit = route.prompt_unit.value
        return problem(
            Key.PROMPT_TOO_LONG, limit=route.prompt_limit, length=length, unit=unit, model=route.name
        )
    if (
        request.negative_prompt
        and route.negative_limit
        and len(request.negative_prompt) > route.negative_limit
    ):
        return problem(Key.NEGATIVE_TOO_LONG, limit=route.negative_limit, length=len(request.negative_prompt))
    return None


def _options(request: ImageRequest, route: Route) -> Problem | None:
    if request.negative_prompt and route.negative_limit is None:
        return problem(Key.OPTION_NOT_TAKEN, option="--no", model=route.name, able="")
    if request.seed is not None:
        if not route.seed:
            return problem(Key.OPTION_NOT_TAKEN, option="--seed", model=route.name, able="")
        if request.seed > route.max_seed:
            return problem(Key.SEED_IMPOSSIBLE, given=str(request.seed), limit=route.max_seed)
    if not request.prompt_extension and not route.raw:
        return problem(Key.OPTION_NOT_TAKEN, option="--raw", model=route.name, able="")
    return None


def _size(request: ImageRequest, route: Route) -> Size | Problem | None:
    if (request.size or request.aspect) and route.size_for_one and min(request.count, route.max_n) > 1:
        return problem(Key.SIZE_NEEDS_ONE, option="--size" if request.size else "--ar", model=route.name)
    if request.size:
        return _exact(request.size, route)
    if request.aspect:
        return _near(request.aspect, route)
    # An edit keeps the shape of its image unless told otherwise.
    return route.default_size if request.kind is Kind.DRAW else None


def _exact(size: Size, route: Route) -> Size | Problem:
    if size in route.sizes or (route.size_range and size in route.size_range.sizes):
        return size
    offered = ", ".join(map(str, route.sizes))
    if route.size_range:
        least, most = route.size_range.min_side, route.size_range.max_side
        return problem(Key.SHAPE_NOT_OFFERED, given=str(size), model=route.name, least=least, most=most)
    return problem(Key.SIZE_NOT_OFFERED, given=str(size), sizes=offered, model=route.name)


def _near(aspect: Aspect, route: Route) -> Size | Problem:
    if route.size_range:
        least, most = route.size_range.min_side, route.size_range.max_side
        refusal = problem(Key.SHAPE_NOT_OFFERED, given=str(aspect), model=route.name, least=least, most=most)
        return route.size_range.sizes.fit(aspect) or refusal
    if not route.sizes:
        return problem(Key.OPTION_NOT_TAKEN, option="--ar", model=route.name, able="")
    return nearest(aspect, route.sizes)


def _explain(request: ImageRequest, routes: Sequence[Route], whys: Sequence[Problem]) -> Problem:
    """Of several refusals, the one that asks for the smallest change."""
    apt = [(route, why) for route, why in zip(routes, whys, strict=True) if request.kind in route.kinds]
    if request.size and not request.model and apt and all(why.key in _SIZES for _, why in apt):
        sizes = sorted({size for route, _ in apt for size in route.sizes})
        return problem(
            Key.SIZE_NOT_OFFERED, given=str(request.size), sizes=", ".join(map(str, sizes)), model=""
        )
    return max(whys, key=_nearness)


_SIZES = (Key.SIZE_NOT_OFFERED, Key.SHAPE_NOT_OFFERED)

_FAR = (Key.KIND_NOT_OFFERED, Key.REFERENCES_TOO_MANY, Key.PROMPT_TOO_LONG, Key.NEGATIVE_TOO_LONG)
"""Refusals that ask for much, most first; all others ask for one option less."""


def _nearness(why: Problem) -> tuple[int, int]:
    if why.key not in _FAR:
        return (len(_FAR), 0)
    limit = why.args.get("limit", 0)
    return (_FAR.index(why.key), limit if isinstance(limit, int) else 0)


def _with_able(why: Problem, catalogue: Catalogue) -> Problem:
    """A refused option or kind, completed by the models that would take it."""
    match why.key:
        case Key.OPTION_NOT_TAKEN:
            takes = _TAKES[str(why.args["option"])]
        case Key.KIND_NOT_OFFERED:
            takes = _TAKES[str(why.args["kind"])]
        case _:
            return why
    able = dict.fromkeys(route.name for route in catalogue.routes if takes(route))
    return problem(why.key, **{**why.args, "able": ", ".join(able)})


_TAKES: Mapping[str, Callable[[Route], bool]] = {
    Kind.DRAW.value: lambda route: Kind.DRAW in route.kinds,
    Kind.EDIT.value: lambda route: Kind.EDIT in route.kinds,
    "--no": lambda route: route.negative_limit is not None,
    "--seed": lambda route: route.seed,
    "--raw": lambda route: route.raw,
    "--ar": lambda route: bool(route.sizes or route.size_range),
}
