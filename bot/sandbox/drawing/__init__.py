"""Drawing the sandbox's pictures; knows nothing of HTTP or gateways."""

from bot.sandbox.drawing.picture import (
    Drawing,
    Painter,
    PictureFormat,
    draw,
    encode,
    paint_plain,
    paint_scene,
)

__all__ = ["Drawing", "Painter", "PictureFormat", "draw", "encode", "paint_plain", "paint_scene"]
