"""How a message's file looks on the wire: photo, document, sticker, animation or video."""

from tests.fakes.telegram.files import StoredFile
from tests.fakes.telegram.users import Wire


def file_wire(sizes: tuple[StoredFile, ...]) -> Wire:
    """The field of the Message object that holds the file; an animation is a document as well."""
    file = sizes[-1]
    match file.kind:
        case "photo":
            return {"photo": [_ids(size) | _measures(size) for size in sizes]}
        case "document":
            return {"document": _ids(file) | _named(file)}
        case "sticker":
            return {"sticker": _ids(file) | _measures(file) | _sticker(file)}
        case "animation":
            return {"animation": _film(file), "document": _ids(file) | _named(file)}
        case "video":
            return {"video": _film(file)}


def _ids(file: StoredFile) -> Wire:
    return {"file_id": file.file_id, "file_unique_id": file.file_unique_id, "file_size": file.size}


def _measures(file: StoredFile) -> Wire:
    return {"width": file.width, "height": file.height}


def _named(file: StoredFile) -> Wire:
    return {"file_name": file.filename, "mime_type": file.mime_type}


def _film(file: StoredFile) -> Wire:
    return _ids(file) | _named(file) | {"width": 320, "height": 240, "duration": 3}


def _sticker(file: StoredFile) -> Wire:
    return {
        "type": "regular",
        "is_animated": file.mime_type == "application/x-tgsticker",
        "is_video": file.mime_type == "video/webm",
    }
