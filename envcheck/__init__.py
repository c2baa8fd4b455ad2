"""envcheck: hold facility descriptions against environmental plans."""

__version__ = "0.1.0"
