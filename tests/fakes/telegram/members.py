"""What somebody is in a chat: status, an administrator's rights, a member's permissions."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from tests.fakes.telegram.users import User, Wire

Status: TypeAlias = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]

_ALWAYS_SHOWN: Final = (
    "is_anonymous can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members"
    " can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories"
    " can_delete_stories"
)
_SHOWN_RIGHTS: Final = tuple(_ALWAYS_SHOWN.split())
RIGHTS: Final = frozenset(_SHOWN_RIGHTS) | {
    "can_post_messages",
    "can_edit_messages",
    "can_pin_messages",
    "can_manage_topics",
}
GROUP_RIGHTS: Final = frozenset({"can_manage_chat", "can_delete_messages"})
CHANNEL_RIGHTS: Final = GROUP_RIGHTS | {"can_post_messages", "can_edit_messages"}

_OTHER_SENDING: Final = (
    "can_send_audios can_send_videos can_send_video_notes can_send_voice_notes can_send_polls"
    " can_send_other_messages can_add_web_page_previews"
)
_MANAGING: Final = "can_edit_tag can_change_info can_invite_users can_pin_messages can_manage_topics"


@dataclass(frozen=True, slots=True)
class Permissions:
    """What one who is no administrator may send; whether they may react follows from `messages`."""

    messages: bool = True
    photos: bool = True
    documents: bool = True

    def wire(self) -> Wire:
        return {
            **dict.fromkeys(_OTHER_SENDING.split(), True),
            **dict.fromkeys(_MANAGING.split(), False),
            "can_send_messages": self.messages,
            "can_send_photos": self.photos,
            "can_send_documents": self.documents,
            "can_react_to_messages": self.messages,
        }


FREE: Final = Permissions()


@dataclass(frozen=True, slots=True)
class Member:
    """`rights` count for an administrator, `permissions` for one who is restricted."""

    user: User
    status: Status
    rights: frozenset[str] = frozenset()
    permissions: Permissions = FREE

    @property
    def present(self) -> bool:
        return self.status not in {"left", "kicked"}

    @property
    def leads(self) -> bool:
        return self.status in {"creator", "administrator"}

    def may(self, right: str) -> bool:
        return self.status == "creator" or (self.status == "administrator" and right in self.rights)

    def wire(self) -> Wire:
        """The ChatMember object."""
        member: Wire = {"user": self.user.wire(), "status": self.status}
        match self.status:
            case "administrator":
                rights = {right: right in self.rights for right in (*_SHOWN_RIGHTS, *sorted(self.rights))}
                return member | {"can_be_edited": False} | rights
            case "creator":
                return member | {"is_anonymous": "is_anonymous" in self.rights}
            case "restricted":
                return member | {"is_member": True, "until_date": 0} | self.permissions.wire()
            case "kicked":
                return member | {"until_date": 0}
            case "member" | "left":
                return member
