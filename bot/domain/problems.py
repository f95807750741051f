"""Everything that can go wrong, said once.

A `Problem` is a fact with attributes: its key is also the key of the text that explains it, in every
language, and its arguments are that text's variables. It is plain data, so it can be kept with a job and
told again after a restart. `Refused` carries one out of a use case.

    fault      who can mend it
    --------   ------------------------------------------------------------------------------
    PERSON     whoever asked: change the command, wait for the quota
    OPERATOR   whoever hosts: keys, money at the gateway, configuration
    GATEWAY    nobody here: the gateway failed; trying again later may help
    CHAT       the chat refuses us: blocked, removed, not allowed to post
    US         a bug of ours
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto


class Fault(Enum):
    PERSON = auto()
    OPERATOR = auto()
    GATEWAY = auto()
    CHAT = auto()
    US = auto()


class Key(StrEnum):
    """Keys of problems; `problem-<value>` is the message in the locales."""

    # the command
    PROMPT_EMPTY = "prompt-empty"  # command, kind
    PROMPT_TOO_LONG = "prompt-too-long"  # limit, length, unit, model
    NEGATIVE_TOO_LONG = "negative-too-long"  # limit, length
    COMMAND_UNKNOWN = "command-unknown"  # given, nearest
    OPTION_UNKNOWN = "option-unknown"  # given, nearest, options
    OPTION_NEEDS_VALUE = "option-needs-value"  # option, example
    OPTION_TWICE = "option-twice"  # option
    COUNT_IMPOSSIBLE = "count-impossible"  # given, limit
    SEED_IMPOSSIBLE = "seed-impossible"  # given, limit
    ASPECT_UNREADABLE = "aspect-unreadable"  # given
    SIZE_UNREADABLE = "size-unreadable"  # given
    SIZE_AND_ASPECT = "size-and-aspect"
    FILE_AND_PHOTO = "file-and-photo"
    SIZE_NOT_OFFERED = "size-not-offered"  # given, sizes, model
    MODEL_UNKNOWN = "model-unknown"  # given, nearest, models
    OPTION_NOT_TAKEN = "option-not-taken"  # option, model, able
    KIND_NOT_OFFERED = "kind-not-offered"  # kind, model, able
    TWO_COMMANDS = "two-commands"  # first, second
    TEXT_TOO_LONG = "text-too-long"  # limit, length

    SIZE_NEEDS_ONE = "size-needs-one"  # option, model
    SHAPE_NOT_OFFERED = "shape-not-offered"  # given, model, least, most

    # images handed in; `number` counts from 1
    EDIT_NEEDS_IMAGE = "edit-needs-image"
    REFERENCES_TOO_MANY = "references-too-many"  # given, limit
    REFERENCE_GONE = "reference-gone"  # number
    REFERENCE_TOO_LARGE = "reference-too-large"  # number, limit (MB)
    REFERENCE_TOO_MANY_PIXELS = "reference-too-many-pixels"  # number, limit (million)
    REFERENCE_TOO_SMALL = "reference-too-small"  # number, width, height, limit
    REFERENCE_TOO_LONG = "reference-too-long"  # number, width, height
    REFERENCE_NOT_AN_IMAGE = "reference-not-an-image"  # number, formats
    REFERENCE_ANIMATED = "reference-animated"  # number
    REFERENCE_BROKEN = "reference-broken"  # number
    ALBUM_CUT = "album-cut"
    PICTURE_GONE = "picture-gone"

    # buttons, settings, rights
    BUTTON_UNKNOWN = "button-unknown"
    JOB_GONE = "job-gone"
    NOT_YOURS = "not-yours"
    ADMINS_DRAW = "admins-draw"
    ADMINS_SETTLE = "admins-settle"
    GROUPS_ONLY = "groups-only"
    LANGUAGE_UNKNOWN = "language-unknown"  # given, languages
    NOTHING_SHOWN = "nothing-shown"
    NOTHING_BEFORE = "nothing-before"
    FORGET_LATER = "forget-later"  # running

    # quotas
    QUOTA_DAY = "quota-day"  # limit, left, wanted, hours, minutes
    QUOTA_MONTH = "quota-month"  # limit, left, wanted, days
    QUOTA_CHAT = "quota-chat"  # limit, left, wanted, hours, minutes
    QUOTA_IN_FLIGHT = "quota-in-flight"  # limit
    QUOTA_MINUTE = "quota-minute"  # limit, seconds

    # gateways
    MODERATED = "moderated"
    GATEWAY_REFUSED = "gateway-refused"  # gateway
    GATEWAY_UNAUTHORISED = "gateway-unauthorised"  # gateway
    GATEWAY_OUT_OF_MONEY = "gateway-out-of-money"  # gateway
    MODEL_UNAVAILABLE = "model-unavailable"  # model, gateway
    GATEWAY_BUSY = "gateway-busy"  # gateway
    GATEWAY_FAILED = "gateway-failed"  # gateway
    ANSWER_LOST = "answer-lost"  # gateway
    RESULT_LOST = "result-lost"  # gateway
    RESULT_NOT_AN_IMAGE = "result-not-an-image"  # gateway
    RESULT_TOO_LARGE = "result-too-large"  # gateway, limit
    TOOK_TOO_LONG = "took-too-long"  # minutes
    NO_GATEWAY = "no-gateway"

    # the chat and ourselves
    CHAT_REFUSED = "chat-refused"
    CHAT_BUSY = "chat-busy"
    STORE_BUSY = "store-busy"
    STOPPING = "stopping"
    INTERNAL = "internal"  # job


_FAULTS: Mapping[Key, Fault] = {
    Key.GATEWAY_REFUSED: Fault.US,
    Key.GATEWAY_UNAUTHORISED: Fault.OPERATOR,
    Key.GATEWAY_OUT_OF_MONEY: Fault.OPERATOR,
    Key.NO_GATEWAY: Fault.OPERATOR,
    Key.MODEL_UNAVAILABLE: Fault.GATEWAY,
    Key.GATEWAY_BUSY: Fault.GATEWAY,
    Key.GATEWAY_FAILED: Fault.GATEWAY,
    Key.ANSWER_LOST: Fault.GATEWAY,
    Key.RESULT_LOST: Fault.GATEWAY,
    Key.RESULT_NOT_AN_IMAGE: Fault.GATEWAY,
    Key.RESULT_TOO_LARGE: Fault.GATEWAY,
    Key.TOOK_TOO_LONG: Fault.GATEWAY,
    Key.CHAT_REFUSED: Fault.CHAT,
    Key.CHAT_BUSY: Fault.CHAT,
    Key.STORE_BUSY: Fault.US,
    Key.STOPPING: Fault.US,
    Key.INTERNAL: Fault.US,
}

Argument = str | int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong, with what a person needs to know about it."""

    key: Key
    args: Mapping[str, Argument] = field(default_factory=dict)

    @property
    def fault(self) -> Fault:
        return _FAULTS.get(self.key, Fault.PERSON)


def problem(key: Key, **args: Argument) -> Problem:
    return Problem(key, args)


class Refused(Exception):
    """A use case will not do what was asked; nothing was charged and nothing was kept."""

    def __init__(self, why: Problem) -> None:
        super().__init__(why.key.value)
        self.problem = why
