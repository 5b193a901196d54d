"""The CloudEvents envelope, and the base of everything that stands in its `data`."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, TypeAlias

import msgspec
from msgspec import Meta

from streams.events.fields import Id, says

SubjectKind: TypeAlias = Literal["customer", "lead", "campaign", "scope", "employee", "other"]
Subjects: TypeAlias = tuple[tuple[SubjectKind, str], ...]


class Subject(msgspec.Struct, frozen=True, gc=False):
    """What an event follows: the key of its state and of its Kafka record."""

    kind: SubjectKind
    id: str


class Data(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The data of an event. TYPE and TOPIC (without prefix) are fixed per class.

    SUBJECTS lists the fields that may name the subject, best first; the first that is given does. CASE is the kind of a
    thing that has a life of its own beside that, and the field that names it.
    """

    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]
    SUBJECTS: ClassVar[Subjects]
    CASE: ClassVar[tuple[str, str] | None] = None


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One event as it was sent. `time` carries its offset; `subject` is the envelope's, see `subject_of`."""

    specversion: Annotated[Literal["1.0"], says("The version of CloudEvents.")]
    id: Annotated[Id, says("Unique within the source, for this subject: the second arrival is dropped.")]
    source: Annotated[Id, says("The system and account that the event comes from.")]
    time: Annotated[datetime, Meta(tz=True, description="When it happened.")]
    subject: Annotated[str, says("The record key; worked out again from the data.")] | None = None
    enteredtime: (
        Annotated[
            datetime,
            Meta(
                tz=True,
                description="When a person entered it into the CRM, where that is known; not when it was exported.",
            ),
        ]
        | None
    ) = None
    data: Data

    @property
    def type(self) -> str:
        """The CloudEvents type, such as "contact.logged"."""
        return self.data.TYPE
