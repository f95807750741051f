"""The vendors' end of the line: one gateway of ours against a sandbox on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.domain.catalogue import Catalogue, Route
from bot.domain.ids import GatewayId
from bot.domain.outcome import Accepted, Failure, Outcome, Rejected, Running
from bot.domain.request import Kind
from bot.media.folder import FolderMedia
from bot.ports.gateway import ImageGateway, Submission
from bot.ports.media import MediaStore
from bot.providers.access import Access
from bot.providers.catalogue import load
from bot.providers.registry import open_gateways
from bot.sandbox import Fault, FaultArgs, FaultName, Options, Sandbox, base_urls, files_base_url, serve
from bot.sandbox.drawing import paint_plain
from tests.providers.making import submission

ALL = ("crazyrouter", "dieyuyun", "realmrouter", "openai", "qwen-image-2512", "evolink")
SYNC = ("crazyrouter", "dieyuyun", "realmrouter", "openai")
TASKS = ("qwen-image-2512", "evolink")
EDITING = ("realmrouter", "openai", "evolink")
QUICK = Options(painter=paint_plain, allow_loopback=True)


@dataclass(frozen=True, slots=True)
class Vendor:
    """One gateway of a sandbox, and our end of the line to it."""

    id: GatewayId
    gateway: ImageGateway
    catalogue: Catalogue
    sandbox: Sandbox
    access: dict[GatewayId, Access]
    media: MediaStore

    @property
    def route(self) -> Route:
        """The first of the gateway's models that draws."""
        return next(r for r in self.catalogue.routes if r.gateway == self.id and Kind.DRAW in r.kinds)

    @property
    def edit_route(self) -> Route:
        """The first of the gateway's models that edits."""
        return next(r for r in self.catalogue.routes if r.gateway == self.id and Kind.EDIT in r.kinds)

    def asked(self, **wish: object) -> Submission:
        return submission(self.route, **wish)  # type: ignore[arg-type]

    def break_with(self, fault: FaultName, times: int | None = 1, **args: object) -> None:
        wish = {"fault": fault, "gateway": self.id, "times": times, "args": FaultArgs.model_validate(args)}
        self.sandbox.add_faults(Fault.model_validate(wish))

    @property
    def paid(self) -> int:
        return self.sandbox.tallies[self.id].accepted

    async def drawn(self, ordered: Submission) -> Outcome:
        """The outcome of a submission, waited for where the gateway takes tasks."""
        submitted = outcome = await self.gateway.submit(ordered)
        while isinstance(submitted, Accepted) and isinstance(outcome, Accepted | Running):
            await asyncio.sleep(0.005)
            outcome = await self.gateway.poll(submitted.ref)
        return outcome


@asynccontextmanager
async def vendor(
    id_: str,
    key: str | None = "any-key",
    options: Options | None = None,
    operator_file: Path | None = None,
    media: MediaStore | None = None,
) -> AsyncIterator[Vendor]:
    """A sandbox of all vendors, and one of our gateways that speaks to it; edits need `media`."""
    sandbox = Sandbox(options or QUICK)
    catalogue = load(operator_file)
    async with AsyncExitStack() as stack:
        root = await stack.enter_async_context(serve(sandbox))
        media = media or FolderMedia(Path(stack.enter_context(TemporaryDirectory())))
        files = files_base_url(root)
        access = {
            GatewayId(name): Access(key, url, files_base_url=files if name == "evolink" else None)
            for name, url in base_urls(root).items()
        }
        gateways = await stack.enter_async_context(open_gateways(catalogue, access, media))
        yield Vendor(GatewayId(id_), gateways[GatewayId(id_)], catalogue, sandbox, access, media)


def rejected(outcome: Outcome) -> tuple[Failure, bool]:
    assert isinstance(outcome, Rejected), outcome
    return outcome.failure, outcome.again
