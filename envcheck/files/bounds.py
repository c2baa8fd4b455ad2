"""All bounds on what is read: whoever hands over a file chooses neither how long a run takes nor how much memory.

Numbers have bounds of their own beside the code that reads them (`quantity`).
"""

from __future__ import annotations

MB = 1024 * 1024

FILE = 8 * MB
"""Bytes of a facility file, a rule file, a mapping, a workbook, standard input."""
SERIES = 64 * MB
"""Bytes of a series of measurements."""
CONFIGURATION = MB
"""Bytes of a configuration file."""
RESULT = 256 * MB
"""Bytes of a kept result or a SARIF log: thousands of facilities may stand in one."""
RULES = 64 * MB
"""Bytes of all rule files together."""
CACHE = 64 * MB
"""Bytes of one file of the cache."""

ADDRESS_SPACE = 1536 * MB
"""The least address space in which a register is screened: Polars ends the whole process where it gets none."""

DEPTH = 40
"""Levels of nesting in a YAML or JSON file; in it anchors, aliases and tags are refused altogether."""
SUBJECTS = 10_000
"""Subjects of one kind in a facility file."""
PROBLEMS = 200
"""Mistakes after which reading a file stops, and of which so many are told."""
SERIES_PROBLEMS = 20_000
"""Mistakes after which reading a series stops."""
SERIES_TOLD = 20
"""So many mistakes of one series are told, the others counted."""

UNPACKED = 64 * MB
"""Bytes of a workbook without its compression."""
PARTS = 2_000
"""Files in a workbook."""
CELLS = 500_000
"""Cells and rows of a workbook, empty ones too: each takes some 20 microseconds."""
SPREAD = 100_000
"""Cells that merged ranges and links of a workbook cover."""
