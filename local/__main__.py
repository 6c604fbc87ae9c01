"""`python -m local`: the whole of Vitrine in one process, on the catalogue that lies in VITRINE_HOME."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import pydantic

from api import serving
from local import process
from vitrine import errors, listening, logs
from vitrine.adapters import threads
from vitrine.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        settings = Settings()
        logs.configure("local", settings.log_format)
        threads.one_thread_each()
        with listening.bound(settings.host, settings.port) as sockets:
            settings.make_home()
            if options.check:
                return 0
            with process.running(settings) as app:
                serving.serve(
                    app,
                    settings,
                    sockets,
                    lambda: print(f"Vitrine is ready: http://{settings.host}:{settings.port}", flush=True),
                )
    except pydantic.ValidationError as error:
        print(*Settings.complaints(error), sep="\n", file=sys.stderr)
        return 78
    except errors.VitrineError as error:
        print(f"vitrine: {error.message}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether it could listen, and where it would lie")
    return parser


if __name__ == "__main__":
    sys.exit(main())
