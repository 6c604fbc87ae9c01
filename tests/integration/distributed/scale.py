"""How much the tests of this folder do: little in CI, and as much as VITRINE_TEST_SEARCHES says before a release."""

from __future__ import annotations

import os

SEARCHES = int(os.environ.get("VITRINE_TEST_SEARCHES", "120"))
_THOROUGH = SEARCHES >= 1000
# Of a worker at each named moment.
DEATHS = max(1, SEARCHES // 100)
RABBITMQ_KILLS = 4 if _THOROUGH else 2
DATABASE_KILLS = 3
GOOD_PICTURES = 500 if _THOROUGH else 60
SCALINGS = 6 if _THOROUGH else 1
INDEX_MESSAGES = 10_000 if _THOROUGH else 500
