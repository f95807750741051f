"""What people say and send, and in whose name."""

from collections.abc import Sequence
from typing import Final, Literal, TypedDict, Unpack

from tests.fakes.telegram.body import Upload
from tests.fakes.telegram.chats import Chat, Topic
from tests.fakes.telegram.entities import detect
from tests.fakes.telegram.files import StoredFile, thumbnail
from tests.fakes.telegram.messages import Message
from tests.fakes.telegram.sending import ALBUM_ITEMS
from tests.fakes.telegram.users import User
from tests.fakes.telegram.world import World

THUMBNAIL_SIDE: Final = 90


class How(TypedDict, total=False):
    """Where something is said, in answer to what, and in whose name.

    - `topic`: in this topic of a forum
    - `reply_to`: in reply to this message, which may be in another chat
    - `anonymous`: an administrator of a supergroup speaks as the group
    - `as_channel`: somebody speaks in a supergroup as a channel of theirs
    """

    topic: Topic | None
    reply_to: Message | None
    anonymous: bool
    as_channel: Chat | None


class Talk:
    """Each call adds a message and queues the update it causes, if the bot may see it.

    What is said in a channel is said by the channel. Raises ValueError where the person could not say it: in
    a group that was upgraded, or in the name of a chat that they are no administrator of.
    """

    world: World

    def say(self, user: User, chat: Chat, text: str, **how: Unpack[How]) -> Message:
        """A text message, with the entities the platform detects (commands, mentions, addresses)."""
        return self._arrive(user, chat, text, (), how)

    def send_photo(
        self,
        user: User,
        chat: Chat,
        data: bytes,
        *,
        caption: str = "",
        media_group_id: str | None = None,
        **how: Unpack[How],
    ) -> Message:
        """A photo; an album is several calls with one `media_group_id`, each an update of its own."""
        files = self.world.files
        small = files.from_person("photo", thumbnail(data, THUMBNAIL_SIDE))
        full = files.from_person("photo", Upload(data, "photo.jpg", "image/jpeg"))
        return self._arrive(user, chat, caption, (small, full), how, media_group_id)

    def send_document(
        self,
        user: User,
        chat: Chat,
        data: bytes,
        *,
        filename: str,
        mime_type: str,
        caption: str = "",
        media_group_id: str | None = None,
        **how: Unpack[How],
    ) -> Message:
        file = self.world.files.from_person("document", Upload(data, filename, mime_type))
        return self._arrive(user, chat, caption, (file,), how, media_group_id)

    def send_album(
        self,
        user: User,
        chat: Chat,
        items: Sequence[bytes],
        *,
        caption: str = "",
        caption_on: int = 0,
        documents: bool = False,
        **how: Unpack[How],
    ) -> list[Message]:
        """Photos, or PNG files (`documents`), as one album; each is an update of its own, in order.

        Item number `caption_on` has the caption. Raises ValueError unless there are 2-10 items.
        """
        if len(items) not in ALBUM_ITEMS or caption_on not in range(len(items)):
            raise ValueError(f"no album of {len(items)} with a caption on number {caption_on}")
        album = str(next(self.world.album_ids))
        sent = []
        for number, data in enumerate(items):
            text = caption if number == caption_on else ""
            name = f"{number + 1}.png"
            sent.append(
                self.send_document(
                    user,
                    chat,
                    data,
                    filename=name,
                    mime_type="image/png",
                    caption=text,
                    media_group_id=album,
                    **how,
                )
                if documents
                else self.send_photo(user, chat, data, caption=text, media_group_id=album, **how)
            )
        return sent

    def send_sticker(
        self, user: User, chat: Chat, data: bytes, *, mime_type: str = "image/webp", **how: Unpack[How]
    ) -> Message:
        """A sticker: static (WEBP), animated (`application/x-tgsticker`) or a film (`video/webm`)."""
        file = self.world.files.from_person("sticker", Upload(data, "sticker.webp", mime_type))
        return self._arrive(user, chat, "", (file,), how)

    def send_film(
        self,
        user: User,
        chat: Chat,
        *,
        kind: Literal["animation", "video"] = "video",
        caption: str = "",
        **how: Unpack[How],
    ) -> Message:
        """A video, or an animation, which on the wire is a document too; neither is a still image."""
        film = Upload(b"film", f"{kind}.mp4", "video/mp4")
        return self._arrive(user, chat, caption, (self.world.files.from_person(kind, film),), how)

    def _arrive(
        self,
        user: User,
        chat: Chat,
        text: str,
        sizes: tuple[StoredFile, ...],
        how: How,
        media_group_id: str | None = None,
    ) -> Message:
        if chat.upgraded_to is not None:
            raise ValueError(f"{chat.title} is a supergroup now")
        topic = how.get("topic")
        message = self.world.post(
            chat,
            user,
            detect(text),
            sizes=sizes,
            reply_to=how.get("reply_to"),
            thread_id=None if topic is None else topic.id,
            media_group_id=media_group_id,
            sender_chat=_mask(user, chat, how),
        )
        self.world.publish(message)
        return message


def _mask(user: User, chat: Chat, how: How) -> Chat | None:
    """The chat in whose name the person speaks."""
    mask = chat if how.get("anonymous") or chat.type == "channel" else how.get("as_channel")
    if mask is None:
        return None
    if not mask.standing(user).leads:
        raise ValueError(f"{user.first_name} may not speak as {mask.title}")
    if chat.type not in {"supergroup", "channel"} or (mask is not chat and mask.type != "channel"):
        raise ValueError(f"nobody speaks as {mask.title} in {chat.title}")
    return mask
