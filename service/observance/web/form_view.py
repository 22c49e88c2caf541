"""What the page of a form shows: its fields in groups, with what was written in them and what was found out about that."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct, field

from observance.core import calendar, capitalise, format_day, format_month, translate
from observance.forms import (
    PRACTICE,
    TEXT,
    CheckedForm,
    Choice,
    Field,
    FilledForm,
    FilledPart,
    Form,
    FormEntry,
    Part,
    is_empty,
    precision,
    read_date,
)
from observance.web.form_fields import CLASSES, NODE, REST, SUGGESTED

PROBLEM: Final = "problem"
_MOST_RADIOS: Final = 6
_MOST_CHECKBOXES: Final = 20
_COLUMNS: Final = 3
"""The fields of a row that stand in columns beside its heading; the others stand behind a control."""
_MOST_ALIKE: Final = 3
"""How many findings of good practice by one shape are shown at one place; the others are counted."""
_LONG_TEXT: Final = "TextArea"
_BOOLEANS: Final = ("true", "false")


class Message(Struct, frozen=True):
    """Something that was found out, at the path where the page shows it; `kind` is PROBLEM or who asks for what is missing.

    `row` is the heading of the row in which it stands, empty if it stands in none.
    """

    id: str
    kind: str
    severity: str
    text: str
    target: str
    row: str = ""


class EntryView(Struct, frozen=True):
    """One value of a field, as somebody wrote it, with the text that a reader understands."""

    path: str
    text: str = ""
    language: str = ""
    shown: str = ""
    messages: tuple[Message, ...] = ()


class FieldView(Struct, frozen=True):
    """A field with its values, or with its parts as rows. `widget` names the macro that shows it."""

    asked: Field
    path: str
    label: str
    widget: str
    hint: str = ""
    asked_by: str = ""
    words: str = ""
    entries: tuple[EntryView, ...] = ()
    rows: "tuple[RowView, ...]" = ()
    messages: tuple[Message, ...] = ()
    options: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = ()
    predicates: tuple[str, ...] = ()
    group: str = ""

    @property
    def written(self) -> tuple[EntryView, ...]:
        """Its values of which something is written."""
        return tuple(entry for entry in self.entries if entry.text.strip())

    @property
    def stated_columns(self) -> tuple[tuple[int, str], ...]:
        """The place and label of each field in which some row states something, without the one that heads every row."""
        stated = [row for row in self.rows if row.is_stated]
        first = 1 if all(row.is_named for row in stated) else 0
        places = range(first, max((len(row.fields) for row in stated), default=0))
        used = [n for n in places if any(n < len(row.fields) and row.fields[n].is_stated for row in stated)]
        return tuple((n, next(row.fields[n].label for row in stated if n < len(row.fields))) for n in used)

    @property
    def is_stated(self) -> bool:
        """Whether it states anything, itself or in its rows."""
        return bool(self.written) or any(row.is_stated for row in self.rows)

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of its values."""
        return tuple(entry.text for entry in self.entries)

    @property
    def is_several(self) -> bool:
        """Whether any number of values is taken."""
        return self.asked.most != 1

    @property
    def all_messages(self) -> tuple[Message, ...]:
        """What is said of the field and of its values."""
        return (*self.messages, *(message for entry in self.entries for message in entry.messages))


class RowView(Struct, frozen=True):
    """A part: its fields, the one that gives it its heading first, and whether it states anything."""

    path: str
    number: int
    heading: str
    is_named: bool
    is_stated: bool
    fields: tuple[FieldView, ...]
    messages: tuple[Message, ...] = ()

    @property
    def columns(self) -> tuple[FieldView, ...]:
        """The fields that stand in columns beside the heading."""
        return self.fields[1 : 1 + _COLUMNS]

    @property
    def further(self) -> tuple[FieldView, ...]:
        """The fields that stand behind a control."""
        return self.fields[1 + _COLUMNS :]

    @property
    def is_open(self) -> bool:
        """Whether something is written or found in the fields behind the control."""
        return any(shown.written or shown.all_messages for shown in self.further)


class FormView(Struct, frozen=True):
    """The whole page: groups with their headings, the hidden fields, and the messages in their order."""

    form: Form
    groups: tuple[tuple[str, tuple[FieldView, ...]], ...]
    hidden: tuple[tuple[str, str], ...]
    messages: tuple[Message, ...] = ()

    @property
    def fields(self) -> tuple[FieldView, ...]:
        """The fields of all groups."""
        return tuple(shown for _, fields in self.groups for shown in fields)


def view_form(form: Form, filled: FilledForm, *, lang: str, checked: CheckedForm | None = None, own: str = "") -> FormView:
    """Return what the page of the filled form shows in the language; `own` is the party whose documents stand first among choices."""
    fields = list(_Builder(form, lang, own).fields(form.part, filled.part, ""))
    builder = _Builder(form, lang, own, placed=_placed(checked, fields, lang))
    shown = list(builder.fields(form.part, filled.part, ""))
    if filled.rest:
        builder.hidden.append((REST, "\n".join(filled.rest)))
    groups = [(group.label.get(lang, ""), tuple(v for v in shown if v.group == group.key)) for group in form.groups]
    rest = tuple(v for v in shown if v.group not in {group.key for group in form.groups})
    messages = [message for found in builder.placed.values() for message in found]
    order = {target: n for n, target in enumerate(_targets(shown))}
    messages.sort(key=lambda message: (message.severity != "Violation", message.kind != TEXT, order.get(message.target, -1)))
    found = tuple((label, fields) for label, fields in (*groups, ("", rest)) if fields)
    return FormView(form, found, tuple(builder.hidden), tuple(messages))


class _Builder(Struct, frozen=True):
    """Makes the views of fields, with the messages of each path."""

    form: Form
    lang: str
    own: str
    placed: Mapping[str, tuple[Message, ...]] = {}
    hidden: list[tuple[str, str]] = field(default_factory=list)

    def fields(self, part: Part, filled: FilledPart, path: str, *, outer: tuple[Field, ...] = ()) -> Iterator[FieldView]:
        """Yield the fields of a part that are shown; those of parts of which there is one stand among them."""
        self._hide(filled, path)
        for asked in part.fields:
            entries = filled.entries.get(asked.key, ())
            if asked.is_for_others and not any(entry.part is not None or entry.text.strip() for entry in entries):
                continue
            at = f"{path}{asked.key}"
            if asked.is_fixed:
                self.hidden.extend((f"{at}/{n}", entry.text) for n, entry in enumerate(entries))
            elif asked.part is None:
                yield self._leaf(asked, entries, at, outer=outer, is_alone=len(part.fields) == 1)
            elif asked.most == 1:
                inner = next((entry.part for entry in entries if entry.part is not None), FilledPart())
                yield from self.fields(asked.part, inner, f"{at}/0/", outer=(*outer, asked))
            else:
                yield self._parts(asked, entries, at, outer=outer)

    def _hide(self, filled: FilledPart, path: str) -> None:
        at = path.removesuffix("/")
        if filled.node:
            self.hidden.append((at + NODE, filled.node))
        if filled.classes is not None:
            self.hidden.append((at + CLASSES, " ".join(filled.classes)))
        if filled.is_suggested:
            self.hidden.append((at + SUGGESTED, "true"))

    def _leaf(self, asked: Field, entries: Sequence[FormEntry], path: str, *, outer: tuple[Field, ...], is_alone: bool) -> FieldView:
        widget = _widget(asked, entries)
        shown = entries or (FormEntry("", self.lang if asked.takes_language else ""),)
        labels = [each.name.get(self.lang, each.key) for each in (*outer, asked)]
        hint = labels.pop() if outer and is_alone else ""
        first = outer[0] if outer else asked
        return FieldView(
            asked,
            path,
            capitalise(" – ".join(labels)),
            widget,
            hint,
            first.asked_by if all(each.least for each in (*outer, asked)) else "",
            first.words,
            tuple(
                EntryView(f"{path}/{n}", e.text, e.language, self._shown(asked, e.text), self.placed.get(f"{path}/{n}", ()))
                for n, e in enumerate(shown)
            ),
            messages=self.placed.get(path, ()),
            options=self._options(asked, entries) if widget in ("radios", "select", "checkboxes") else (),
            predicates=tuple(a.predicate for each in (*outer, asked) for a in each.alternatives),
            group=first.group,
        )

    def _parts(self, asked: Field, entries: Sequence[FormEntry], path: str, *, outer: tuple[Field, ...]) -> FieldView:
        assert asked.part is not None
        parts = [entry.part or FilledPart() for entry in entries] or [FilledPart()]
        rows = tuple(self._row(asked.part, part, f"{path}/{n}", number=n + 1) for n, part in enumerate(parts))
        label = " – ".join(each.name.get(self.lang, each.key) for each in (*outer, asked))
        return FieldView(
            asked, path, capitalise(label), "table" if asked.is_table else "parts", "", asked.asked_by if asked.least else "", asked.words,
            rows=rows, messages=self.placed.get(path, ()), group=(outer[0] if outer else asked).group,
        )  # fmt: skip

    def _row(self, part: Part, filled: FilledPart, path: str, *, number: int) -> RowView:
        fields = tuple(self.fields(part, filled, f"{path}/"))
        first = sorted(fields, key=lambda shown: shown.asked.key != part.rows_by)
        heading = ", ".join(entry.shown for entry in first[0].written) if first else ""
        is_named = bool(heading) and (filled.is_suggested or bool(filled.node)) and first[0].asked.key == part.rows_by
        label = f"{capitalise(part.label.get(self.lang, ''))} {number}"
        is_stated = not is_empty(part, filled)
        return RowView(path, number, heading if is_named else label, is_named, is_stated, tuple(first), self.placed.get(path, ()))

    def _shown(self, asked: Field, text: str) -> str:
        if asked.takes_dates:
            dates = read_date(" ".join(text.split())).dates
            return _date_in_words(dates[0], self.lang) if len(dates) == 1 else text
        if asked.editor.startswith("Boolean") and text in _BOOLEANS:
            return translate("web.yes" if text == "true" else "web.no", self.lang)
        return next((_label(choice, self.lang) for choice in asked.choices if choice.term == text), text)

    def _options(self, asked: Field, entries: Sequence[FormEntry]) -> tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]:
        """The values to choose from by the label of their group, those of the own party first; what was written is always among them."""
        groups: dict[str, list[tuple[str, str, str]]] = {}
        if asked.editor.startswith("Boolean"):
            groups[""] = [(text, self._shown(asked, text), "") for text in _BOOLEANS]
        for choice in sorted(asked.choices, key=lambda choice: not self.own or choice.party != self.own):
            is_own = bool(self.own) and choice.party == self.own
            label = translate("forms.of-your-own", self.lang) if is_own else choice.group.get(self.lang, "")
            groups.setdefault(label, []).append((choice.term, _label(choice, self.lang), choice.help.get(self.lang, "")))
        known = {term for options in groups.values() for term, *_ in options}
        others = [(entry.text, entry.text, "") for entry in entries if entry.text.strip() and entry.text not in known]
        if others:
            groups.setdefault(translate("forms.as-written", self.lang), []).extend(dict.fromkeys(others))
        return tuple((label, tuple(options)) for label, options in groups.items())


def _date_in_words(iso: str, lang: str) -> str:
    """The day, month or year in words."""
    if precision(iso) == "gYear":
        return iso
    return format_month(calendar.first_day(iso), lang) if precision(iso) == "gYearMonth" else format_day(iso, lang)


def _label(choice: Choice, lang: str) -> str:
    return choice.label.get(lang) or next(iter(choice.label.values()), choice.term)


def _widget(asked: Field, entries: Sequence[FormEntry]) -> str:
    """The name of the macro that shows the field."""
    if asked.takes_language:
        return "language_texts"
    is_boolean = asked.editor.startswith("Boolean")
    if not asked.choices and not is_boolean:
        return "long_texts" if asked.editor.startswith(_LONG_TEXT) or any("\n" in entry.text for entry in entries) else "lines"
    if asked.most == 1 and len(entries) < 2:
        return "radios" if is_boolean or (len(asked.choices) <= _MOST_RADIOS and not asked.is_open) else "select"
    return "checkboxes" if len(asked.choices) <= _MOST_CHECKBOXES and not is_boolean else "select"


def _targets(fields: Sequence[FieldView]) -> Iterator[str]:
    """Yield the paths at which messages can be shown, in the order of the page."""
    for shown in fields:
        yield shown.path
        yield from (entry.path for entry in shown.entries)
        for row in shown.rows:
            yield row.path
            yield from _targets(row.fields)


def _placed(checked: CheckedForm | None, fields: Sequence[FieldView], lang: str) -> Mapping[str, tuple[Message, ...]]:
    """The messages by the path at which each is shown: its own, else the first within, else the nearest around it; empty for none."""
    if checked is None:
        return {}
    targets = list(_targets(fields))
    known = set(targets)

    def target(path: str) -> str:
        if path in known:
            return path
        inner = next((each for each in targets if each.startswith(f"{path}/")), "") if path else ""
        around = max((each for each in targets if path.startswith(f"{each}/")), key=len, default="")
        return inner or around

    placed: dict[str, list[Message]] = {}
    stated = [(p.path, PROBLEM, "Violation", p.message, "") for p in checked.problems]
    stated += [(f.path, f.asked_by, f.severity, f.message, f.shape) for f in checked.findings]
    headings, alike = dict(_headings(fields)), Counter[tuple[str, str]]()
    for number, (path, kind, severity, message, shape) in enumerate(stated):
        at = target(path)
        alike[at, shape] += 1
        if shape and severity == "Info" and alike[at, shape] > _MOST_ALIKE:
            continue
        row = headings.get(max((each for each in headings if at == each or at.startswith(f"{each}/")), key=len, default=""), "")
        text = message.get(lang) or next(iter(message.values()), "")
        placed.setdefault(at, []).append(Message(f"message-{number}", kind, severity, text, at, row))
    for number, ((at, shape), count) in enumerate(alike.items()):
        if (left := count - _MOST_ALIKE) > 0 and any(f.shape == shape and f.severity == "Info" for f in checked.findings):
            text = translate("forms.more-alike", lang, count=left)
            placed[at].append(Message(f"more-{number}", PRACTICE, "Info", text, at))
    return {path: tuple(found) for path, found in placed.items()}


def _headings(fields: Sequence[FieldView]) -> Iterator[tuple[str, str]]:
    """Yield the path and heading of each row, also of those within others."""
    for shown in fields:
        for row in shown.rows:
            yield row.path, row.heading
            yield from _headings(row.fields)


def count_messages(messages: Sequence[Message]) -> Mapping[str, int]:
    """The number of messages of each kind: what must be corrected, what the text asks for, good practice."""
    return {
        "correct": sum(m.severity == "Violation" for m in messages),
        TEXT: sum(m.severity != "Violation" and m.kind == TEXT for m in messages),
        PRACTICE: sum(m.severity != "Violation" and m.kind != TEXT for m in messages),
    }


def anchors(view: FormView) -> Mapping[str, str]:
    """The id on the page of what a message is about, by its target: the control to write in, else the field or row around it."""
    return dict(_anchors(view.fields))


def _anchors(fields: Sequence[FieldView]) -> Iterator[tuple[str, str]]:
    for shown in fields:
        control = f"f-{shown.entries[0].path}" if shown.entries and shown.widget not in ("radios", "checkboxes") else f"at-{shown.path}"
        yield shown.path, control
        yield from ((entry.path, f"f-{entry.path}" if control.startswith("f-") else control) for entry in shown.entries)
        for row in shown.rows:
            yield row.path, f"at-{row.path}"
            yield from _anchors(row.fields)
