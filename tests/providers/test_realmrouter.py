import json

from bot.domain.geometry import Size
from bot.providers.images import Handed, HandedIn
from bot.providers.realmrouter import RealmRouterWire, drawing_of, edit_of
from tests.providers.making import route, submission


def test_a_drawing_is_one_message_with_one_text_and_its_options_beside_it() -> None:
    row = route(sizes=["1328x1328"], default_size="1328x1328", negative_limit=500)
    assert drawing_of(submission(row, negative_prompt="blur", raw=True), RealmRouterWire()) == {
        "model": "m",
        "input": {"messages": [{"role": "user", "content": [{"type": "text", "text": "a red kite"}]}]},
        "parameters": {
            "size": "1328*1328",
            "negative_prompt": "blur",
            "watermark": False,
            "prompt_extend": False,
        },
    }


def test_an_edit_is_its_images_in_their_order_and_then_the_text() -> None:
    wire = RealmRouterWire(takes=frozenset({"n", "prompt_extend"}))
    wish = submission(route(seed=True, max_n=2), count=2, seed=7, size=Size(1024, 768))
    images = (Handed("image/png", b"one"), Handed("image/jpeg", b"two"))
    payload = edit_of(wish, wire, HandedIn(images))
    assert payload.type == "application/json"
    assert json.loads(payload.data) == {
        "model": "m",
        "input": {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"image": "data:image/png;base64,b25l"},
                        {"image": "data:image/jpeg;base64,dHdv"},
                        {"text": "a red kite"},
                    ],
                }
            ]
        },
        "parameters": {"size": "1024*768", "n": 2, "seed": 7, "prompt_extend": True},
    }
