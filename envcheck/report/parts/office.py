"""What workbooks and text documents share: the same bytes every time, and texts that stay texts."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from envcheck.report.parts.phrases import writable

EPOCH = (1980, 1, 1, 0, 0, 0)
CELL_LIMIT = 32_767
"""The longest text that a cell of a spreadsheet holds."""
TINT = {
    "fail": "F8D7DA",
    "non_compliant": "F8D7DA",
    "unknown": "FFF3CD",
    "undetermined": "FFF3CD",
    "pending": "D1ECF1",
    "waived": "E2D9F3",
    "pass": "D4EDDA",
    "compliant": "D4EDDA",
    "not_applicable": "E9ECEF",
}
"""A light background for each status and outcome; the word always stands beside it."""
HEAD = "1F4E79"


def frozen(data: bytes) -> bytes:
    """An office file without the hour it was written at: the libraries stamp every part, which would change the bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content)
            info = zipfile.ZipInfo(entry.filename, EPOCH)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(info, content)
    return target.getvalue()


class _Archive(zipfile.ZipFile):
    """An archive whose parts bear no hour: a clock before 1980 or far ahead has none that could be written."""

    def writestr(self, name: Any, data: Any, *_: Any, **__: Any) -> None:  # type: ignore[override]
        """Add a part."""
        info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, EPOCH)
        info.compress_type = zipfile.ZIP_DEFLATED
        super().writestr(info, data)


def saved(book: Any) -> bytes:
    """A workbook as bytes, the same ones each time."""
    from openpyxl.writer.excel import ExcelWriter

    stream = io.BytesIO()
    ExcelWriter(book, _Archive(stream, "w", strict_timestamps=False)).save()
    return frozen(stream.getvalue())


def saved_document(document: Any) -> bytes:
    """The same for a document."""
    stream = io.BytesIO()
    with _Archive(stream, "w") as archive:
        _write_package(document.part.package, archive)
    return frozen(stream.getvalue())


def _write_package(package: Any, archive: zipfile.ZipFile) -> None:
    """What python-docx does itself, in an archive of ours."""
    from docx.opc.pkgwriter import PackageWriter

    class Writer:
        def write(self, uri: Any, blob: bytes) -> None:
            archive.writestr(uri.membername, blob)

    writer: Any = Writer()
    for part in package.parts:
        part.before_marshal()
    own: Any = PackageWriter
    own._write_content_types_stream(writer, package.parts)
    own._write_pkg_rels(writer, package.rels)
    own._write_parts(writer, package.parts)


def put_text(cell: Any, text: str) -> None:
    """Write a text into a cell of a workbook so that it is never a formula, an error value or a number.

    The quote prefix keeps it so when somebody edits the cell.
    """
    cell.value = text = writable(text)
    cell.data_type = "s"
    if text[:1] in ("=", "+", "-", "@"):
        cell.quotePrefix = True


def printable(sheet: Any) -> None:
    """Let a sheet print on pages as wide as it is, with its headings on each."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
