"""The file of rows that were not judged: where each stands, why, and its own cells, to be mended and screened again."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence

from envcheck.register.columns.layout import FACILITY_ID
from envcheck.register.judging.monitored import Refused
from envcheck.register.judging.row_by_row import Reject, cell_text, problem_text
from envcheck.register.tables.register_files import Table
from envcheck.report.formats.csv import defused

OWN = ("table", "row", FACILITY_ID, "reason")


def render(rejects: Sequence[Reject], unmeasured: Sequence[Refused], tables: Mapping[str, Table], lang: str) -> bytes:
    """CSV in UTF-8 with a byte order mark; the cells of all tables under their headings, none taken for a formula."""
    kinds = {reject.line.kind for reject in rejects}
    found = (heading for kind, table in tables.items() if kind in kinds for heading in table.layout.dtypes)
    headings = [heading for heading in dict.fromkeys(found) if heading != FACILITY_ID]
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([*OWN, *map(defused, headings)])
    for reject in rejects:
        line = reject.line
        cells = (cell_text(line.cells.get(heading)) or "" for heading in headings)
        file = line.file(os.path.basename(tables[line.kind].path))
        row = (file, str(line.number), reject.facility, reject.reason.within(lang), *cells)
        writer.writerow([defused(cell) for cell in row])
    for refused in unmeasured:
        for problem in refused.problems:
            file, number = os.path.basename(problem.place.file), str(problem.place.line or "")
            row = (file, number, ", ".join(refused.facilities), problem_text(problem).within(lang))
            writer.writerow([*map(defused, row), *("" for _ in headings)])
    return stream.getvalue().encode("utf-8-sig", "backslashreplace")
