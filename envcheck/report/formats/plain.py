"""JSON that shows itself as it is: what steers a terminal or reorders a line is escaped, which means the same data."""

from __future__ import annotations

import json
import re
from typing import Any

STEERING = re.compile(
    "[\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\ud800-\\udfff\\U000e0000-\\U000e007f]"
)
"""C1 controls, marks of direction and other signs that are not seen, ends of lines, halves of characters."""


def as_json(data: Any, *, indent: int | None = 1) -> str:
    """JSON text without a newline at its end.

    >>> as_json(["\\u202e\\x9b31m水"])
    '[\\n "\\\\u202e\\\\u009b31m水"\\n]'
    """
    return STEERING.sub(lambda found: json.dumps(found[0])[1:-1], json.dumps(data, ensure_ascii=False, indent=indent))
