"""Reading what somebody asks for from a form: its kind, its fields, its photos; every refusal beside its field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from supplyhub.help.rules import FACTS, LONGEST_TEXT, FactType
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.datastructures import FileStorage, MultiDict

    from supplyhub.errors import InvalidError
    from supplyhub.help.rules import Fact
    from supplyhub.help.states import HelpKind


@dataclass(slots=True)
class HelpForm:
    """What was typed, and what is wrong with it by field; `facts` and `text` as the command takes them."""

    form: Form
    kind: HelpKind
    key: UUID
    text: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def given(self) -> dict[str, str]:
        """Return the form as it was typed."""
        return self.form.given

    @property
    def wrong(self) -> dict[str, str]:
        """Return what is wrong, by field."""
        return self.form.wrong

    def fields(self) -> tuple[Fact, ...]:
        """Return the fields of the kind."""
        return FACTS[self.kind]


def empty_form(kind: HelpKind, **given: str) -> HelpForm:
    """Return a form before anything was typed."""
    return HelpForm(Form(given), kind, uuid4())


def read_help_form(typed: MultiDict[str, str], kind: HelpKind) -> HelpForm:
    """Return what was typed; fields of the kind are called as in `rules.FACTS`, with `fact_` before."""
    # Lines end on the way as they do on the web.
    form = Form({name: value.replace("\r\n", "\n") for name, value in typed.to_dict().items()})
    key = form.given.get("key", "")
    try:
        read = HelpForm(form, kind, UUID(key))
    except ValueError:
        read = HelpForm(form, kind, uuid4())
    read.text = form.text("text", LONGEST_TEXT)
    for fact in FACTS[kind]:
        if fact.type == FactType.ITEMS:
            chosen = typed.getlist(f"fact_{fact.name}")
            read.facts[fact.name] = [int(one) for one in chosen if one.isascii() and one.isdigit() and len(one) < 19]
        else:
            read.facts[fact.name] = _read(form, fact)
    if not read.wrong and not read.text and not any(read.facts.values()):
        form.wrong["text"] = _("请写要什么。")
    return read


def _read(form: Form, fact: Fact) -> Any:
    name = f"fact_{fact.name}"
    given = form.given.get(name, "").strip()
    if fact.type == FactType.YES:
        return bool(given)
    if fact.type == FactType.TEXT:
        return form.text(name, fact.longest, needed=fact.needed)
    if fact.type == FactType.CHOICE:
        if given not in fact.choices:
            form.wrong[name] = _("请选一个。")
        return given
    if not given:
        return None
    return form.day(name) if fact.type == FactType.DAY else form.moment(name)


def photos_in(files: Sequence[FileStorage]) -> list[bytes]:
    """Return the photos that came with a form; empty file fields are none."""
    photos = []
    for file in files:
        if file.filename:
            photos.append(file.stream.read())
        file.close()
    return photos


def refuse(form: HelpForm, error: InvalidError) -> None:
    """Note what a command refused beside its field."""
    name = str(error.data.get("field", ""))
    if name in {"", "photos"}:
        form.wrong["photos"] = photo_words(error)
    elif name in {fact.name for fact in form.fields()}:
        form.wrong[f"fact_{name}"] = _("这里填得不对，请再看看。")
    else:
        form.wrong[name] = _("这里填得不对，请再看看。")


def photo_words(error: InvalidError) -> str:
    """Return what is wrong with the photos that were sent."""
    if "most_bytes" in error.data:
        return _("照片太大，最多 3 MB。")
    if "most" in error.data:
        return _("照片太多，最多 6 张。")
    return _("这不是照片，或者没传完整。请用 JPEG、PNG 或 WebP。")
