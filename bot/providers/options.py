"""The options of a submission, as most gateways name them."""

from collections.abc import Collection
from typing import Any, Literal

from bot.ports.gateway import Submission
from bot.providers.wire import SizeSign, written

Taken = Literal["n", "watermark", "prompt_extend"]
"""Optional fields: those a gateway documents are always sent, others never."""


def options_of(submission: Submission, takes: Collection[Taken], size_sign: SizeSign) -> dict[str, Any]:
    """What is to be sent. The negative prompt and the seed are taken when the route says so.

    A random seed is said by leaving it out, and so is a size that the gateway shall choose.
    """
    request, route = submission.request, submission.route
    options: dict[str, Any] = {}
    if submission.size:
        options["size"] = written(submission.size, size_sign)
    if "n" in takes:
        options["n"] = submission.count
    if route.negative_limit is not None and request.negative_prompt:
        options["negative_prompt"] = request.negative_prompt
    if route.seed and submission.seed is not None:
        options["seed"] = submission.seed
    # Gateways disagree about the defaults of these two, so they are always said.
    if "watermark" in takes:
        options["watermark"] = request.watermark
    if "prompt_extend" in takes:
        options["prompt_extend"] = request.prompt_extension
    return options
