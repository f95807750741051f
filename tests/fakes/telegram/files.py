"""Files the server holds: what people and the bot uploaded, and the rules for photos and documents."""

import hashlib
import io
import secrets
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final, Literal

from PIL import Image

from tests.fakes.telegram.body import Upload
from tests.fakes.telegram.errors import bad_request

MAX_PHOTO: Final = 10 * 1024 * 1024
MAX_DOWNLOAD: Final = 20 * 1024 * 1024
MAX_SIDES_SUM: Final = 10_000
MAX_RATIO: Final = 20

Kind = Literal["photo", "document", "sticker", "animation", "video"]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file. `width`, `height` in pixels, 0 when it is no image; `data` None when bytes are not kept."""

    kind: Kind
    filename: str
    mime_type: str
    size: int
    sha256: str
    width: int
    height: int
    data: bytes | None = field(repr=False)
    file_id: str = field(default_factory=lambda: f"AgAC{secrets.token_urlsafe(24)}")
    file_unique_id: str = field(default_factory=lambda: f"AQAD{secrets.token_urlsafe(8)}")

    @property
    def path(self) -> str:
        return f"{self.kind}s/{self.file_unique_id}{PurePosixPath(self.filename).suffix}"


class FileStore:
    """Keeps files by id. With ``keep_uploads=False`` the bytes the bot uploads are measured and dropped."""

    def __init__(self, *, keep_uploads: bool) -> None:
        self._keep_uploads = keep_uploads
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}

    def from_person(self, kind: Kind, upload: Upload) -> StoredFile:
        return self._store(kind, upload, pixels(upload.data), keep=True)

    def from_bot(self, kind: Kind, value: Upload | str) -> StoredFile:
        """A new upload, or an earlier file named by its id. Raises Refusal 400 as the Bot API does."""
        if isinstance(value, str):
            return self._reused(kind, value)
        size = pixels(value.data)
        check = check_photo if kind == "photo" else check_document
        check(value.data, size)
        return self._store(kind, value, size, keep=self._keep_uploads)

    def get(self, file_id: str) -> StoredFile:
        if file_id not in self._by_id:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        return self._by_id[file_id]

    def at(self, path: str) -> StoredFile | None:
        return self._by_path.get(path)

    def _reused(self, kind: Kind, file_id: str) -> StoredFile:
        stored = self._by_id.get(file_id)
        if stored is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if stored.kind != kind:
            raise bad_request(f"can't use file of type {stored.kind.title()} as {kind.title()}")
        return stored

    def _store(self, kind: Kind, upload: Upload, size: tuple[int, int] | None, *, keep: bool) -> StoredFile:
        width, height = size or (0, 0)
        stored = StoredFile(
            kind=kind,
            filename=upload.filename,
            mime_type=upload.content_type,
            size=len(upload.data),
            sha256=hashlib.sha256(upload.data).hexdigest(),
            width=width,
            height=height,
            data=upload.data if keep else None,
        )
        self._by_id[stored.file_id] = stored
        self._by_path[stored.path] = stored
        return stored


def pixels(data: bytes) -> tuple[int, int] | None:
    """Width and height from the image's header alone; None when it is not an image."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return (MAX_SIDES_SUM, MAX_SIDES_SUM)
    except (OSError, SyntaxError, ValueError):
        return None


def check_photo(data: bytes, size: tuple[int, int] | None) -> None:
    """The documented limits of a photo: 10 MB, width and height together 10000 at most, ratio 20 at most."""
    if not data:
        raise bad_request("file must be non-empty")
    if len(data) > MAX_PHOTO:
        raise bad_request(
            f"file of size {len(data)} bytes is too big for a photo; the maximum size is {MAX_PHOTO} bytes"
        )
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if sum(size) > MAX_SIDES_SUM or max(size) > MAX_RATIO * min(size):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def check_document(data: bytes, _size: tuple[int, int] | None) -> None:
    """Any bytes will do; that there are 50 MB at most is checked while they are read."""
    if not data:
        raise bad_request("file must be non-empty")


def thumbnail(data: bytes, side: int) -> Upload:
    """A smaller JPEG of a photo, as the platform makes for every photo it takes."""
    with Image.open(io.BytesIO(data)) as image:
        small = image.convert("RGB")
        small.thumbnail((side, side))
    held = io.BytesIO()
    small.save(held, "JPEG")
    return Upload(held.getvalue(), "thumbnail.jpg", "image/jpeg")
