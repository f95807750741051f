"""A local imitation of image gateways over HTTP.

It is strict about what the documented gateways refuse, draws real pictures, counts what would have cost
money, and misbehaves on request. It shares no code with the rest of the program, so that it checks the
program instead of agreeing with it.

    async with serve(Sandbox(Options(latency=timedelta(seconds=2)))) as root:
        print(base_urls(root)["crazyrouter"])

Tasks, links and images outlive the process when `Options.memory` names a folder. An edit shows the images
it was given: the first fills the picture, further ones are put into it with their numbers.

Keys: unless `Options.keys` lists the accepted ones, every bearer key is accepted except those that start
with `wrong` or `bad-key`. Words: a prompt with one of `MODERATED_WORDS` is refused as moderated.
"""

from bot.sandbox.faults import Endpoint, Fault, FaultArgs, FaultName
from bot.sandbox.moderation import MODERATED_WORDS
from bot.sandbox.options import Options
from bot.sandbox.server import Sandbox, base_urls, files_base_url, serve
from bot.sandbox.tally import Tally

__all__ = [
    "MODERATED_WORDS",
    "Endpoint",
    "Fault",
    "FaultArgs",
    "FaultName",
    "Options",
    "Sandbox",
    "Tally",
    "base_urls",
    "files_base_url",
    "serve",
]
