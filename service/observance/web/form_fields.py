"""Between the fields of a posted form and a filled form, in both directions and without loss.

An entry is posted under its path, as in `obs:milestone/2/obs:provision/0`, and its language under that path and `@language`. The values of
checkboxes are posted under the path of their field, which ends in its key; a value beside those to choose from under the path of the entry
and `@other`, where it takes the place of the chosen one. What else a part has is posted under its path (empty for the whole form) and
`@node`, `@classes` and `@suggested`; the statements that the form does not know under `@rest`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from observance.core import LimitExceededError, UsageError
from observance.forms import SEPARATOR, Field, FilledForm, FilledPart, Form, FormEntry, Part

LANGUAGE: Final = "@language"
OTHER: Final = "@other"
NODE: Final = "@node"
CLASSES: Final = "@classes"
SUGGESTED: Final = "@suggested"
REST: Final = "@rest"
MOST_ENTRIES: Final = 5_000
"""The most values of one form."""
MOST_FIELDS: Final = 950
"""The most fields on one page: the server takes apart no more than 1,000."""
_MOST_OPTIONS: Final = 30_000
_STEP: Final = re.compile(r"<[^<>]*>|[^/<>]+")
_LONGEST_PATH: Final = 12
_MOST_DIGITS: Final = 4


class _Written(Struct):
    """A part or entry while it is put together from the fields that say something of it."""

    aspects: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[int, "_Written"]] = field(default_factory=dict)

    def at(self, key: str, number: int | None) -> "_Written":
        """The entry with the number under the key; without a number, a new one."""
        entries = self.values.setdefault(key, {})
        return entries.setdefault(max(entries, default=-1) + 1 if number is None else number, _Written())


def read_posted(form: str, fields: Iterable[tuple[str, str]]) -> FilledForm:
    """Return what the fields, each with its name and value, say of the form; fields that are none of a form are left out.

    Raises LimitExceededError for more values than a form may have.
    """
    root, count = _Written(), 0
    for name, value in fields:
        path, sign, aspect = name.partition("@")
        steps = _steps(path)
        if steps is None or (not steps and not sign):
            continue
        count += 1
        if count > MOST_ENTRIES:
            raise LimitExceededError("forms.too-many-values", limit=MOST_ENTRIES)
        written = root
        for key, number in steps:
            written = written.at(key, number)
        written.aspects[sign + aspect] = value
    rest = tuple(line for line in root.aspects.get(REST, "").splitlines() if line.strip())
    return FilledForm(form, _part(root), rest)


def _steps(path: str) -> list[tuple[str, int | None]] | None:
    """The keys and numbers of a path; None for a text that is no path."""
    parts = _STEP.findall(path)
    numbers = parts[1::2]
    are_numbers = all(text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS for text in numbers)
    if len(parts) > _LONGEST_PATH or not are_numbers or "/".join(parts) != path:
        return None
    return [(key, int(numbers[n]) if n < len(numbers) else None) for n, key in enumerate(parts[::2])]


def _part(written: _Written) -> FilledPart:
    entries = {key: tuple(_entry(found[number]) for number in sorted(found)) for key, found in written.values.items()}
    classes = written.aspects.get(CLASSES)
    return FilledPart(
        entries,
        written.aspects.get(NODE, ""),
        tuple(classes.split()) if classes is not None else None,
        written.aspects.get(SUGGESTED) == "true",
    )


def _entry(written: _Written) -> FormEntry:
    if written.values or written.aspects.keys() & {NODE, CLASSES, SUGGESTED}:
        return FormEntry(part=_part(written))
    text = written.aspects.get("", "")
    other = written.aspects.get(OTHER, "").strip()
    return FormEntry(other or text.replace("\r\n", "\n"), written.aspects.get(LANGUAGE, ""))


def check_size(filled: FilledForm) -> None:
    """Raise for a filled form that no page could have posted: LimitExceededError for too many values, UsageError for too deep parts."""
    waiting, count = [(1, filled.part)], 0
    while waiting:
        depth, part = waiting.pop()
        if depth > _LONGEST_PATH // 2:
            raise UsageError("forms.not-a-draft")
        for entries in part.entries.values():
            count += len(entries)
            if count > MOST_ENTRIES:
                raise LimitExceededError("forms.too-many-values", limit=MOST_ENTRIES)
            waiting.extend((depth + 1, entry.part) for entry in entries if entry.part is not None)


def is_too_large(form: Form, filled: FilledForm) -> bool:
    """Whether the filled form has more fields than its page could post, or would make a very large page."""
    fields, options = _controls(form.part, filled.part)
    return fields > MOST_FIELDS or options > _MOST_OPTIONS


def _controls(part: Part, filled: FilledPart) -> tuple[int, int]:
    """The number of fields that the page of the part posts, and of the values to choose from on it."""
    fields = options = 0
    for asked in part.fields:
        entries = filled.entries.get(asked.key, ())
        if asked.part is None:
            shown = max(1, len(entries))
            fields += shown * (1 + (asked.takes_language or asked.is_open))
            options += shown * len(asked.choices)
            continue
        for inner in [entry.part or FilledPart() for entry in entries][: 1 if asked.most == 1 else None] or [FilledPart()]:
            more = _controls(asked.part, inner)
            fields, options = fields + 2 + more[0], options + more[1]
    return fields, options


def new_form(form: Form, *, given: Mapping[str, str], filled: FilledForm | None = None) -> FilledForm:
    """Return the form to fill in: what `filled` says of it, the rows that it suggests, and by property what is `given` where nothing is."""
    part = filled.part if filled is not None else FilledPart()
    entries = {**part.entries}
    for asked in form.part.fields:
        value = next((given[a.predicate] for a in asked.alternatives if a.predicate in given), None)
        if value and not entries.get(asked.key):
            entries[asked.key] = (FormEntry(value),)
        if asked.part is not None and asked.part.rows_by:
            entries[asked.key] = tuple(_with_suggested_rows(asked.part, entries.get(asked.key, ())))
    return replace(filled or FilledForm(form.name, part), part=replace(part, entries=entries))


def _with_suggested_rows(part: Part, entries: tuple[FormEntry, ...]) -> Iterator[FormEntry]:
    """Yield the entries, in the order of the rows of the part, and its rows of which there is no entry."""
    rest = list(entries)
    for row in part.rows:
        own = [entry for entry in rest if entry.part is not None and row in _texts(entry.part, part.rows_by)]
        rest = [entry for entry in rest if entry not in own]
        yield from own or (FormEntry(part=FilledPart({part.rows_by: (FormEntry(row),)}, is_suggested=True)),)
    yield from rest


def path_now(path: str, before: FilledForm, after: FilledForm) -> str:
    """Return where in a new form made of the one before stands what the path led to: rows stand in the order of those suggested."""
    key, _, rest = path.partition(SEPARATOR)
    number, sign, inner = rest.partition(SEPARATOR)
    entries = before.part.entries.get(key, ())
    if not number.isdecimal() or int(number) >= len(entries):
        return path
    moved = (n for n, entry in enumerate(after.part.entries.get(key, ())) if entry is entries[int(number)])
    return f"{key}{SEPARATOR}{next(moved, number)}{sign}{inner}"


def _texts(part: FilledPart, key: str) -> list[str]:
    return [entry.text for entry in part.entries.get(key, ())]


def with_entry(form: Form, filled: FilledForm, path: str, *, language: str) -> FilledForm:
    """Return the filled form with an empty entry more of the field that the path leads to; unchanged if there is none."""
    return replace(filled, part=_changed(form.part, filled.part, _steps(path) or [], language=language))


def without_entry(form: Form, filled: FilledForm, path: str) -> FilledForm:
    """Return the filled form without the entry that the path leads to; unchanged if there is none."""
    return replace(filled, part=_changed(form.part, filled.part, _steps(path) or [], language=None))


def _changed(part: Part | None, filled: FilledPart, steps: list[tuple[str, int | None]], *, language: str | None) -> FilledPart:
    """The part with an empty entry in the language more where the steps lead; without the entry there if that is None."""
    asked = part.field(steps[0][0]) if part is not None and steps else None
    if asked is None:
        return filled
    number, entries = steps[0][1], list(filled.entries.get(asked.key, ()))
    if len(steps) == 1:
        if language is not None:
            entries += [_empty(asked, language)] * (1 if entries else 2)
        elif number is not None and number < len(entries):
            del entries[number]
    elif number is not None and number < len(entries) + (asked.most == 1):
        inner = (entries[number].part if number < len(entries) else None) or FilledPart()
        entries[number : number + 1] = [FormEntry(part=_changed(asked.part, inner, steps[1:], language=language))]
    return replace(filled, entries={**filled.entries, asked.key: tuple(entries)})


def _empty(asked: Field, language: str) -> FormEntry:
    return FormEntry(part=FilledPart()) if asked.part is not None else FormEntry("", language if asked.takes_language else "")
