"""The version, which results and caches bear."""

__version__ = "0.1.0"
