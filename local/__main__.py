"""`python -m local`: the whole of Vitrine in one process, on the catalogue that lies in VITRINE_HOME."""

from __future__ import annotations

import sys

import pydantic

from api import serving
from local import process
from vitrine import errors, logs
from vitrine.adapters import threads
from vitrine.settings import Settings


def main() -> int:
    try:
        settings = Settings()
        logs.configure("local", settings.log_format)
        threads.one_thread_each()
        with process.running(settings) as app:
            serving.serve(
                app,
                settings,
                lambda: print(f"Vitrine is ready: http://{settings.host}:{settings.port}", flush=True),
            )
    except pydantic.ValidationError as error:
        print(*Settings.complaints(error), sep="\n", file=sys.stderr)
        return 78
    except errors.VitrineError as error:
        print(f"vitrine: {error.message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
