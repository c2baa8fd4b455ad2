"""``python -m envcheck``, and the command `envcheck`: signals are heeded before anything else is loaded."""

from typing import NoReturn

from envcheck.files import streams


def main() -> NoReturn:
    """Run envcheck."""
    streams.end_on_signals()
    from envcheck.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
