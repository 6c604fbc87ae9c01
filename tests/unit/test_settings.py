"""Settings: each documented, each checked."""

from __future__ import annotations

import pathlib

import pydantic
import pytest

from vitrine.adapters import sql_migrations
from vitrine.settings import ROOT, Settings


def test_every_setting_is_documented_with_its_meaning() -> None:
    documented = (ROOT / "docs" / "settings.md").read_text()
    for name, field in Settings.model_fields.items():
        assert f"`VITRINE_{name.upper()}`" in documented
        assert field.description and field.description in documented


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_HOME", "/data/museum")
    monkeypatch.setenv("PORT", "8123")
    settings = Settings()
    assert settings.home == pathlib.Path("/data/museum")
    assert settings.port == 8123
    assert settings.sqlalchemy_url == "sqlite:////data/museum/catalogue.sqlite3"


@pytest.mark.parametrize("name", ["what? a museum", "museum #2", "100%25 музей"])
def test_the_catalogue_lies_in_its_home_however_that_is_called(tmp_path: pathlib.Path, name: str) -> None:
    settings = Settings(home=tmp_path / name)
    settings.make_home()
    sql_migrations.migrate_at(settings.sqlalchemy_url)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name / "catalogue.sqlite3").is_file()


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("PORT", "80000", "VITRINE_PORT"),
        ("VITRINE_PORT", "0", "VITRINE_PORT"),
        ("VITRINE_OPERATIONS_PORT", "-1", "VITRINE_OPERATIONS_PORT"),
        ("VITRINE_DECODE_MEMORY_MIB", "1", "VITRINE_DECODE_MEMORY_MIB"),
    ],
)
def test_a_wrong_setting_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, named: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(pydantic.ValidationError) as refused:
        Settings()
    (told,) = Settings.complaints(refused.value)
    assert told.startswith(f"vitrine: the setting {named} is wrong: ")


def test_a_wrong_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_MAX_UPLOAD_MIB", "-1")
    with pytest.raises(pydantic.ValidationError, match="max_upload_mib"):
        Settings()
