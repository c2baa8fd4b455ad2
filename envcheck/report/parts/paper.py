"""Text documents on A4: fonts for both scripts, page numbers, and tables that break well over pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from envcheck.report.parts.phrases import writable

FONT, FONT_EAST = "Times New Roman", "宋体"
HEADING_FILL = "DCE6F1"


def blank() -> Any:
    """An empty document: A4 upright, one font for each script, page numbers below."""
    document: Any = Document()
    section = document.sections[0]
    section.orientation, section.page_width, section.page_height = WD_ORIENT.PORTRAIT, Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(18)
    for name in ("Normal", "Title", "Heading 1", "Heading 2"):
        style = document.styles[name]
        style.font.name = FONT
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), FONT_EAST)
    document.styles["Normal"].font.size = Pt(10.5)
    document.styles["Normal"].paragraph_format.space_after = Pt(3)
    document.styles["Heading 1"].paragraph_format.space_before = Pt(10)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for kind in ("begin", "", "end"):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = "PAGE"
        footer.add_run()._r.append(part)
    return document


def table(
    document: Any, heads: Sequence[str] | None, rows: Sequence[Sequence[str]], widths: Sequence[int], tint: str = ""
) -> None:
    """A table of fixed widths (mm); its heading stands on every page, a row is not torn apart.

    One without a heading has labels in the first column, and in every other one.
    """
    grid = document.add_table(rows=0, cols=len(widths))
    grid.style, grid.autofit = "Table Grid", False
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Mm(width)
    for number, values in enumerate([*([heads] if heads else []), *rows]):
        row = grid.add_row()
        cells = row.cells
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if heads and number == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for column, (cell, text) in enumerate(zip(cells, values, strict=True)):
            cell.width = Mm(widths[column])
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
            run = paragraph.add_run(writable(text))
            run.font.size = Pt(9)
            if (heads and number == 0) or (not heads and column % 2 == 0 and text):
                run.font.bold = True
                _shade(cell, HEADING_FILL)
            elif column == 0 and tint:
                _shade(cell, tint)
    document.add_paragraph().paragraph_format.line_spacing = Pt(6)


def _shade(cell: Any, color: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", color)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)
