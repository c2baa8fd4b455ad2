"""The sheets of a workbook: empty ones of a form, and filled ones of a facility file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from envcheck.files.source import Listing, Node, Scalar, refuse
from envcheck.files.source import Mapping as Branch
from envcheck.forms import describe
from envcheck.forms.fields import Form, Use
from envcheck.forms.keys import AT_REFERENCE, FACILITY, NO_SUBJECTS, NO_SUBSTANCES, Key, label_of, parse, unit_of
from envcheck.forms.workbook import Field, Table
from envcheck.text.messages import Text, tr
from envcheck.vocabulary.words import Attribute, Kind, Vocabulary

FORMAT = "envcheck/facility/1"


def of_form(form: Form, known: Mapping[str, str], words: Vocabulary, lang: str) -> tuple[Table, ...]:
    """The sheets of a form to fill in; what is known of the facility stands in it already."""
    own = [_field(use, words.kinds[FACILITY], words, lang, helped=True) for use in form.fields[FACILITY]]
    filled = {name: _offered(name, value, words, lang) for name, value in known.items()}
    lists = [words.kinds[kind] for kind in form.fields if kind != FACILITY]
    fields = (_format_field(lang), *own, *(_none_field(kind.plural, kind.label, lang) for kind in lists))
    row = tuple(FORMAT if f.name == "format" else filled.get(f.name) for f in fields)
    tables = [Table(FACILITY, fields, (row,))]
    for kind in lists:
        columns = tuple(_field(use, kind, words, lang, helped=True) for use in form.fields[kind.id])
        tables.append(Table(kind.plural, columns))
    return tuple(tables)


def of_tree(tree: Branch, words: Vocabulary, lang: str) -> tuple[Table, ...]:
    """The sheets that hold all that a facility file states; the file must have been read without a mistake.

    Raises:
        InputError: the file states something that no sheet can hold.
    """
    whole = words.kinds[FACILITY]
    fields: list[Field] = [_format_field(lang)]
    values: list[str | None] = [FORMAT]
    tables: list[Table] = []
    for name, node in tree.entries.items():
        kind = words.plural(name) if name != FACILITY else None
        attribute = whole.attributes.get(name)
        if name == "format" or _is_null(node):
            continue
        if kind is not None or (attribute is not None and attribute.type == "records"):
            label = kind.label if kind is not None else attribute.label if attribute is not None else Text(name, name)
            items = node.items if isinstance(node, Listing) else ()
            if not items:
                fields.append(_none_field(name, label, lang))
                values.append(NO_SUBJECTS)
            elif kind is not None:
                tables.append(_subjects(items, kind, words, lang))
            elif attribute is not None:
                tables.append(_records(items, attribute))
            continue
        for key, text in _stated(name, node, whole, words):
            fields.append(_field(Use(key, ()), whole, words, lang))
            values.append(text or None)
    return (Table(FACILITY, tuple(fields), (tuple(values),)), *tables)


def _subjects(items: Sequence[Node], kind: Kind, words: Vocabulary, lang: str) -> Table:
    found: list[dict[str, str]] = []
    keys: dict[str, Key] = {}
    for item in items:
        assert isinstance(item, Branch)
        row: dict[str, str] = {}
        for name, node in item.entries.items():
            for key, text in _stated(name, node, kind, words):
                keys.setdefault(key.text, key)
                row[key.text] = text
        found.append(row)
    for key in keys.values():
        if key.part == "O2":
            # An empty cell would say that the oxygen content is not known.
            of = key._replace(part="").text
            for row in found:
                if of in row:
                    row.setdefault(key.text, AT_REFERENCE[0])
    ordered = sorted(keys.values(), key=lambda key: key.text not in ("id", "name"))
    ordered = _substances_together(ordered)
    columns = tuple(_field(Use(key, ()), kind, words, lang) for key in ordered)
    return Table(kind.plural, columns, tuple(tuple(row.get(key.text) or None for key in ordered) for row in found))


def _substances_together(keys: Sequence[Key]) -> list[Key]:
    """Columns of one attribute side by side, each substance with its oxygen content, in the order they came up."""
    first: dict[str, int] = {}
    for number, key in enumerate(keys):
        first.setdefault(key.attribute.name, number)
        first.setdefault(f"{key.attribute.name}.{key.substance}", number)
    return sorted(
        keys, key=lambda k: (first[k.attribute.name], first[f"{k.attribute.name}.{k.substance}"], k.part != "", k.part)
    )


def _stated(name: str, node: Node, kind: Kind, words: Vocabulary) -> list[tuple[Key, str]]:
    """What an entry of a subject says, key by key; nothing where it is not known."""
    key = parse(name, kind, words)
    assert key is not None
    if _is_null(node):
        return []
    if key.attribute.is_map:
        return _substances(key, node, kind, words)
    if isinstance(node, Scalar):
        return [(key, _text(node))]
    if isinstance(node, Listing) and key.attribute.type == "choices":
        return [(key, "; ".join(_text(item) for item in node.items if isinstance(item, Scalar)))]
    return _refuse_records(node, name, kind)


def _refuse_records(node: Node, name: str, kind: Kind) -> NoReturn:
    what = tr("{name} of {kind} fits no sheet", name=name, kind=kind.called)
    refuse(node.place, what, tr("use YAML or JSON"))


def _substances(key: Key, node: Node, kind: Kind, words: Vocabulary) -> list[tuple[Key, str]]:
    assert isinstance(node, Branch)
    found: list[tuple[Key, str]] = []
    for word, value in node.entries.items():
        substance = parse(f"{key.attribute.name}.{word}", kind, words)
        assert substance is not None
        if isinstance(value, Scalar) and not value.is_null:
            found.append((substance, _text(value)))
        elif isinstance(value, Branch):
            for part, inner in value.entries.items():
                if isinstance(inner, Scalar) and (not inner.is_null or part == "O2"):
                    text = "" if inner.is_null else _text(inner)
                    found.append((substance._replace(part="" if part == "value" else part), text))
    return found or [(key, NO_SUBSTANCES)]


def _records(items: Sequence[Node], attribute: Attribute) -> Table:
    names = [name for name, _ in attribute.fields]
    columns = tuple(
        Field(name, name, key=Key(Attribute(name, kind, Text(name, name)))) for name, kind in attribute.fields
    )
    rows = []
    for item in items:
        assert isinstance(item, Branch)
        row = {
            name: _text(node) for name, node in item.entries.items() if isinstance(node, Scalar) and not node.is_null
        }
        if not row:
            refuse(item.place, tr("an empty record fits no sheet"))
        rows.append(tuple(row.get(name) for name in names))
    return Table(attribute.name, columns, tuple(rows))


def _text(node: Scalar) -> str:
    if not node.text.strip():
        what = tr("an empty text fits no sheet: an empty cell is not known")
        refuse(node.place, what, tr("leave it out, or write null"))
    return node.text


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.is_null


# --- fields ----------------------------------------------------------------------------------------------------------


def _field(use: Use, kind: Kind, words: Vocabulary, lang: str, *, helped: bool = False) -> Field:
    key = use.key
    return Field(
        key.text,
        label_of(key, kind, words).within(lang),
        unit_of(key, words),
        key,
        describe.note(key, use.titles, words).within(lang) if helped else "",
        describe.example(key, kind, words, lang) if helped else "",
        describe.options(key, words, lang),
    )


def _format_field(lang: str) -> Field:
    return Field(
        "format",
        tr("format of the file").within(lang),
        note=tr("do not change").within(lang),
    )


def _none_field(name: str, label: Text, lang: str) -> Field:
    """The row that says that there are no boilers at all."""
    note = tr(
        "list them on the sheet {name}; choose {no_subjects} (none) if there are none; leave empty if not known",
        name=name,
        no_subjects=NO_SUBJECTS,
    )
    title = tr("list: {label}", label=label)
    return Field(name, title.within(lang), note=note.within(lang), options=(NO_SUBJECTS,))


def _offered(name: str, value: str, words: Vocabulary, lang: str) -> str:
    attribute = words.kinds[FACILITY].attributes[name]
    if attribute.type not in describe.CHOSEN:
        return value
    return describe.option(attribute.choices, words.choices[attribute.choices][value], words, lang)
