from datetime import date
from pathlib import Path

import pytest

from bot.domain.catalogue import Catalogue, Gateway
from bot.domain.geometry import Size
from bot.domain.ids import GatewayId
from bot.providers.catalogue import CatalogueError, load
from bot.providers.openai_images import OpenAIImagesWire
from bot.providers.registry import DIALECTS

CRAZYROUTER = GatewayId("crazyrouter")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "drawbridge.toml"


def loaded(file: Path, text: str) -> Catalogue:
    file.write_text(text, "utf-8")
    return load(file)


def mistakes(file: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(CatalogueError) as caught:
        loaded(file, text)
    assert str(caught.value) == "\n".join(caught.value.mistakes)
    return caught.value.mistakes


def wire_of(catalogue: Catalogue, key: str) -> OpenAIImagesWire:
    route = catalogue.route(key)
    assert route
    gateway: Gateway = catalogue.gateways[route.gateway]
    wire = DIALECTS[gateway.dialect].wire_of(gateway, route)
    assert isinstance(wire, OpenAIImagesWire)
    return wire


def test_the_shipped_rows_are_right() -> None:
    catalogue = load(None)
    assert set(catalogue.gateways) == {
        "crazyrouter", "dieyuyun", "realmrouter", "qwen-image-2512", "evolink", "openai"
    }  # fmt: skip
    assert len(catalogue.routes) == 22


def test_a_synchronous_gateway_is_waited_for_four_minutes_at_least() -> None:
    for gateway in load(None).gateways.values():
        if gateway.dialect in {"openai-images", "realmrouter"}:
            assert gateway.submit_timeout.total_seconds() >= 240


def test_no_shipped_gateway_repeats_what_may_have_been_paid() -> None:
    for gateway in load(None).gateways.values():
        assert not gateway.retry_statuses & {408, 502, 504}
    assert load(None).gateways[CRAZYROUTER].retry_statuses == {429, 503}


@pytest.mark.parametrize(
    ("typed", "model"),
    [("plus", "qwen-image-plus"), ("MAX", "qwen-image-max"), ("2.0", "qwen-image-2.0"),
     ("pro", "qwen-image-2.0-pro"), ("2512", "qwen-image-2512"), ("edit-plus", "qwen-image-edit-plus"),
     ("dieyuyun/qwen-image", "qwen-image")],
)  # fmt: skip
def test_people_may_type_a_short_name(typed: str, model: str) -> None:
    assert {route.name for route in load(None).routes if route.is_called(typed)} == {model}


def test_an_operator_changes_single_keys_of_shipped_rows(file: Path) -> None:
    catalogue = loaded(
        file,
        """
        [gateways.crazyrouter]
        concurrency = 9
        submit_timeout = 250.5
        [gateways.crazyrouter.wire]
        response_format = "b64_json"
        [[routes]]
        gateway = "crazyrouter"
        model = "qwen-image-max"
        price = 60_000
        priced_on = 2026-07-01
        [[routes]]
        gateway = "dieyuyun"
        model = "qwen-image"
        enabled = false
        [plans.default]
        pictures_per_day = 3
        [policy]
        deadline = 5
        """,
    )
    gateway = catalogue.gateways[CRAZYROUTER]
    assert (gateway.title, gateway.concurrency) == ("Crazyrouter", 9)
    assert gateway.submit_timeout.total_seconds() == 250.5
    assert wire_of(catalogue, "crazyrouter/qwen-image-max").response_format == "b64_json"
    assert wire_of(catalogue, "crazyrouter/qwen-image-max").takes == {"n"}
    route = catalogue.route("crazyrouter/qwen-image-max")
    assert route
    assert (route.price, route.priced_on, route.prompt_limit) == (60_000, date(2026, 7, 1), 800)
    assert catalogue.only(frozenset({GatewayId("dieyuyun")})).route("dieyuyun/qwen-image") is None


def test_an_operator_adds_a_gateway_in_one_block(file: Path) -> None:
    catalogue = loaded(
        file,
        """
        [gateways.attic]
        dialect = "openai-images"
        base_url = "http://192.168.1.5:8000/v1"
        keyless = true
        [[routes]]
        gateway = "attic"
        model = "sd3"
        name = "sd3"
        sizes = ["1024×768"]
        default_size = "1024*768"
        wire = { forbidden_in_prompt = ["|"] }
        """,
    )
    route = catalogue.route("attic/sd3")
    assert route
    assert route.sizes == (Size(1024, 768),)
    assert wire_of(catalogue, "attic/sd3").forbidden_in_prompt == ("|",)
    assert len(catalogue.routes) == 23


ROUTE = '[[routes]]\ngateway = "crazyrouter"\nmodel = "qwen-image-max"\n'
MAX = "routes[0] crazyrouter/qwen-image-max"
TASK = '[[routes]]\ngateway = "qwen-image-2512"\nmodel = "qwen-image-2512"\n'

REALM = '[[routes]]\ngateway = "realmrouter"\nmodel = "qwen-image"\n'
EVO = '[[routes]]\ngateway = "evolink"\nmodel = "qwen-image-edit"\n'
EDITOR = """
[gateways.x]
dialect = "evolink"
base_url = "https://x.example"
[[routes]]
gateway = "x"
model = "m"
name = "m"
kinds = ["edit"]
references = 1
"""


@pytest.mark.parametrize(
    ("text", "row", "mistake"),
    [
        ("a = \n", "not TOML", "Invalid value (at line 1, column 5)"),
        (ROUTE + 'sizes = ["1024"]', MAX, 'sizes.0: "1024" is not a size, which looks like "1024x768"'),
        (ROUTE + "pricee = 3", MAX, "pricee: 'pricee' is not known, did you mean 'price'?"),
        (ROUTE + "price = -1", MAX, "price: -1: input should be greater than or equal to 0"),
        (ROUTE + 'default_size = "1x1"', MAX, "default_size 1x1 is not one of sizes"),
        (ROUTE + "wire = { size_sing = 1 }", MAX,
         "wire.size_sing: 'size_sing' is not known, did you mean 'size_sign'?"),
        (ROUTE + 'wire = { placement = "middle" }', MAX,
         "wire.placement: \"middle\": input should be 'top' or 'parameters'"),
        (ROUTE + "max_n = 2\nwire = { takes = [] }", MAX,
         "max_n: more than one picture needs n in wire.takes"),
        (ROUTE + 'aliases = ["plus"]', MAX, "aliases: 'plus' already means qwen-image-plus"),
        (ROUTE + ROUTE, MAX.replace("0", "1"), "stands twice in this file"),
        ('[[routes]]\ngateway = "crazyrooter"\nmodel = "m"\nname = "m"', "routes[0] crazyrooter/m",
         "gateway: 'crazyrooter' is not known, did you mean 'crazyrouter'?"),
        (TASK + "max_n = 2", "routes[0] qwen-image-2512/qwen-image-2512",
         "max_n: the qwen-image-2512 dialect draws one picture at a time"),
        (TASK + "negative_limit = 2", "routes[0] qwen-image-2512/qwen-image-2512",
         "negative_limit: the qwen-image-2512 dialect has no negative prompt"),
        (ROUTE + 'kinds = ["edit"]', MAX,
         "references (how many images) belongs to kinds with edit, and the other way round"),
        (ROUTE + 'kinds = ["edit"]\nreferences = 1\nwire = { placement = "parameters" }', MAX,
         'kinds: editing sends a form, which has no place for wire.placement = "parameters"'),
        (ROUTE + "mask = true", MAX, "mask: needs wire.mask_polarity"),
        (REALM + "max_n = 2", "routes[0] realmrouter/qwen-image",
         "max_n: more than one picture needs n in wire.takes"),
        (REALM + "mask = true", "routes[0] realmrouter/qwen-image",
         "mask: the realmrouter dialect has no masks"),
        (EVO + "max_n = 2", "routes[0] evolink/qwen-image-edit",
         "max_n: more than one picture needs n in wire.takes"),
        (EDITOR, "routes[0] x/m",
         "kinds: editing needs gateways.x.files_base_url, where the images are left"),
        ('[gateways.evolink]\nfiles_base_url = "files"', "gateways.evolink",
         "files_base_url: 'files' is not an address that begins with http:// or https://"),
        ('[gateways.x]\ndialect = "openai-image"\nbase_url = "https://x.example"', "gateways.x",
         "dialect: 'openai-image' is not known, did you mean 'openai-images'?"),
        ('[gateways.x]\ndialect = "openai-images"', "gateways.x", "base_url: is missing"),
        ('[gateways.openai]\nbase_url = "api.openai.com"', "gateways.openai",
         "base_url: 'api.openai.com' is not an address that begins with http:// or https://"),
        ('[gateways.qwen-image-2512.wire.states]\ndone = ["FAILED"]', "gateways.qwen-image-2512",
         "wire.states: 'FAILED' cannot mean both done and failed"),
        ('[gateway.x]\ntitle = "x"', "gateway", "'gateway' is not known, did you mean 'gateways'?"),
        ("gateways = 3", "gateways", "must be tables, written [gateways.NAME]"),
        ("[gateways]\nx = 3", "gateways.x", "must be a table, written [gateways.x]"),
        ("routes = [1]", "routes", "must be tables, each written under [[routes]]"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_one_line_with_file_row_and_key(
    file: Path, text: str, row: str, mistake: str
) -> None:
    assert mistakes(file, text) == (f"drawbridge.toml: {row}: {mistake}",)


def test_all_mistakes_are_told_at_once(file: Path) -> None:
    said = mistakes(file, ROUTE + 'price = -1\nsizes = ["a"]\n[gateways.openai]\nconcurrency = 0')
    assert [line.split(": ")[2].split(":")[0] for line in said] == ["concurrency", "sizes.0", "price"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"none\.toml: cannot be read: No such file"):
        load(tmp_path / "none.toml")


def test_a_file_that_is_not_text_is_named(file: Path) -> None:
    file.write_bytes(b'a = "\xff"')
    with pytest.raises(CatalogueError, match=r"drawbridge\.toml: not UTF-8 text \(at byte 5\)"):
        load(file)


def test_a_file_saved_by_a_windows_editor_is_read(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf[policy]\r\n")
    assert load(file).routes
