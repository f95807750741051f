"""Where the texts lie: beside the package in a checkout, in `share/` when installed."""

from importlib import metadata
from pathlib import Path

_CHECKOUT = Path(__file__).parents[2] / "locales"
_DISTRIBUTION = "drawbridge-bot"


def locales_folder() -> Path:
    """The folder with one folder of `.ftl` files per language.

    An installed package asks its own record of files, which is right for every scheme of installation
    (virtual environment, user, system). Raises FileNotFoundError when there are no texts.
    """
    beside = any(_CHECKOUT.glob("*/problems.ftl"))  # a folder of that name may be a stranger's
    return _CHECKOUT if beside else _installed_folder()


def _installed_folder() -> Path:
    for file in metadata.files(_DISTRIBUTION) or ():
        if file.match("drawbridge/locales/*/*.ftl"):
            return Path(str(file.locate())).resolve().parents[1]
    raise FileNotFoundError("the texts in locales/ are neither beside the package nor installed with it")
