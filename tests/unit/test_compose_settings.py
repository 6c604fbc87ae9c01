"""What an operator writes into .env reaches the containers."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from vitrine.settings import ROOT, Settings

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PASSED = COMPOSE["x-settings"]
EXAMPLE = dict(re.findall(r"^(?:# )?(VITRINE_\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
# Compose itself says where things lie and who listens where.
OF_COMPOSE = {
    "VITRINE_HOME",
    "VITRINE_HOST",
    "VITRINE_PORT",
    "VITRINE_OPERATIONS_HOST",
    "VITRINE_OPERATIONS_PORT",
    "VITRINE_TRUSTED_PROXIES",
}


def test_every_setting_is_passed_or_is_the_business_of_compose() -> None:
    assert {f"VITRINE_{name.upper()}" for name in Settings.model_fields} == {*PASSED, *OF_COMPOSE}


def test_the_example_names_what_may_be_set_with_its_default() -> None:
    assert set(EXAMPLE) == {name for name, value in PASSED.items() if value is None or f"${{{name}:-" in value}
    for name, told in EXAMPLE.items():
        default = Settings.model_fields[name.removeprefix("VITRINE_").lower()].default
        assert default == (told if isinstance(default, str) else json.loads(told)), name


def test_what_the_page_for_operators_names_may_be_set() -> None:
    named = set(re.findall(r"`(VITRINE_\w+)`", (ROOT / "docs" / "operating.md").read_text()))
    assert named and named <= set(EXAMPLE)


def test_no_service_fills_the_disk_with_its_logs() -> None:
    unbounded = {
        name for name, service in COMPOSE["services"].items() if "max-size" not in service["logging"]["options"]
    }
    assert not unbounded


@pytest.mark.parametrize("name", ["indexer", "demo"])
def test_an_import_puts_its_records_together_on_disk(name: str) -> None:
    service = COMPOSE["services"][name]
    in_memory, on_disk = service["tmpfs"], [volume.split(":")[1] for volume in service["volumes"]]
    assert service["environment"]["SQLITE_TMPDIR"] in set(on_disk) - set(in_memory)
