"""`python -m migrations`: brings the database of VITRINE_DATABASE_URL to this version, and ends."""

from __future__ import annotations

import logging
import sys

import pydantic

from vitrine import errors
from vitrine.adapters import sql_migrations
from vitrine.settings import Settings

# From sysexits.h, so that a script can tell a server that is away from a wrong setting.
_TRY_AGAIN, _WRONG_SETTING = 75, 78


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s", stream=sys.stderr)
    try:
        settings = Settings()
        if not settings.database_url:
            settings.home.mkdir(parents=True, exist_ok=True)
        sql_migrations.migrate_at(settings.sqlalchemy_url)
    except pydantic.ValidationError as error:
        names = ", ".join("_".join(str(part) for part in wrong["loc"]) for wrong in error.errors())
        print(f"migrations: wrong settings: {names}", file=sys.stderr)
        return _WRONG_SETTING
    except errors.VitrineError as error:
        print(f"migrations: {error.message}", file=sys.stderr)
        return _TRY_AGAIN if isinstance(error, errors.DependencyUnavailable) else _WRONG_SETTING
    print("The database has the schema of this version.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
