"""Forms made and read by hand."""

import io

import openpyxl

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.forms import read
from support import shipped


def facts(one):
    """All that a facility states, without the places."""

    def bare(fact):
        if isinstance(fact.value, tuple) and fact.value and isinstance(fact.value[0], dict):
            return [{k: f.text for k, f in row.items() if k} for row in fact.value]
        if isinstance(fact.value, dict):
            return {name: measured._replace(place=None) for name, measured in fact.value.items()}, fact.text
        return fact.value, fact.text

    return {
        s.path: ({n: bare(f) for n, f in s.facts.items()}, s.overrides and sorted(s.overrides)) for s in one.subjects()
    } | {"lists": {name: [s.id for s in items] for name, items in one.lists.items()}}


def tree_of(text, name="plant.yaml"):
    return source.read_bytes(text.encode(), name)


def filled(rows, heads=("#", "id", "capacity [t/h]", "emissions.NOx [mg/m3]", "emissions.*.O2 [%]"), title="boilers"):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "facility"
    for row in (("#", "key", "value"), (None, "format", "envcheck/facility/1"), (None, "id", "p")):
        sheet.append(row)
    sheet = book.create_sheet(title)
    for row in (heads, *rows):
        sheet.append(row)
    return book


def opened(book):
    stream = io.BytesIO()
    book.save(stream)
    words = shipped()[0]
    return facility_file.read(read.read_bytes(stream.getvalue(), "form.xlsx", words), words)
