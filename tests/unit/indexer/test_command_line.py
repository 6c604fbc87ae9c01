"""Exit statuses and words of `python -m indexer`."""

from __future__ import annotations

import contextlib
import pathlib
import signal
from collections.abc import Iterator

import pytest

from indexer import __main__ as command_line
from indexer import commands
from indexer.photographs import Ports
from tests.unit.indexer.conftest import Museum, index_of
from vitrine import errors
from vitrine.adapters import encoders, sql_failures
from vitrine.adapters.sql_engine import Database
from vitrine.settings import Settings


@pytest.fixture(autouse=True)
def home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def in_memory(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def opened(_settings: Settings, _via: str = "process") -> Iterator[commands.Index]:
        yield index_of(ports)

    monkeypatch.setattr(command_line, "_opened", opened)


def test_a_server_may_take_its_time_to_count_a_whole_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []

    def database(_url: str, *, answer_timeout_s: int) -> Database:
        opened.append(answer_timeout_s)
        raise errors.Misconfigured("seen enough")

    monkeypatch.setattr(command_line, "Database", database)
    monkeypatch.setattr(encoders, "configured", lambda _settings: None)
    with pytest.raises(errors.Misconfigured, match="seen enough"), command_line._opened(Settings()):
        pass
    assert opened[0] >= 600


@pytest.mark.usefixtures("in_memory")
def test_rejected_rows_are_no_failure(museum: Museum, home: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [*museum.objects(2), {"external_id": "", "name": "nobody", "image": ""}]
    assert command_line.main(["add", str(museum.write(rows)), "--no-build"]) == 0
    out = capsys.readouterr().out
    assert "records     2 added, 0 changed, 0 unchanged" in out
    assert "1 × no external id" in out
    (written,) = home.glob("museum*.rejects.csv")
    assert f"Correct them in {written} and add that file." in out


def test_a_dry_run_needs_no_model_and_leaves_no_trace(
    museum: Museum, home: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(["add", str(museum.write(museum.objects(2))), "--dry-run"]) == 0
    assert "Dry run: nothing was changed." in capsys.readouterr().out
    assert not home.exists()


def test_each_mistake_has_its_exit_status_and_no_traceback(
    museum: Museum, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = str(museum.write(museum.objects(1)))
    empty, bad_profile = tmp_path / "empty.csv", tmp_path / "bad.yaml"
    empty.write_text("")
    bad_profile.write_text("record: {nmae: a}")
    for status, arguments in [
        (66, ["add", str(tmp_path / "nowhere.csv")]),
        (65, ["add", str(empty)]),
        (66, ["add", table, "--mapping", "nobody"]),
        (65, ["add", table, "--mapping", str(bad_profile)]),
        (65, ["add", table, "--where", "view=x"]),
        (66, ["add", table, "--images", str(tmp_path / "nowhere")]),
        (65, ["add", table, "--rejects", table]),
    ]:
        assert command_line.main(arguments) == status, arguments
        told = capsys.readouterr().err
        assert "indexer: " in told and "Traceback" not in told
    assert pathlib.Path(table).exists()


def test_a_condition_is_column_and_value(museum: Museum, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["add", str(museum.table), "--where", "view"])
    assert ended.value.code == 2
    assert "COLUMN=VALUE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.DependencyUnavailable("The database did not answer."), 75),
        (sql_failures.Unusable("The database cannot be written."), 78),
        (errors.Misconfigured("There is no model."), 78),
        (errors.RejectedInput("The source is damaged.", code="bad_source"), 65),
    ],
)
def test_what_ends_a_run_is_told_by_its_exit_status(
    museum: Museum,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: errors.VitrineError,
    status: int,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(commands, "add", fail)
    assert command_line.main(["add", str(museum.table)]) == status
    told = capsys.readouterr().err
    assert error.message in told
    assert ("run the same command again to resume" in told) == (status == 75)


@pytest.mark.usefixtures("in_memory")
@pytest.mark.parametrize("command", ["build", "status", "verify"])
def test_ctrl_c_is_one_line_and_a_status_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setattr(commands, command, lambda *_, **__: signal.raise_signal(signal.SIGINT))
    assert command_line.main([command]) == 130
    assert capfd.readouterr() == ("", "\nindexer: stopped: run the same command again to resume\n")


def test_a_wrong_setting_is_named(
    museum: Museum, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VITRINE_DECODERS", "many")
    assert command_line.main(["add", str(museum.table)]) == 78
    assert "the setting VITRINE_DECODERS is wrong" in capsys.readouterr().err


def test_a_queue_without_a_url_is_a_wrong_setting(
    museum: Museum, home: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("VITRINE_BROKER_URL", raising=False)
    table = str(museum.write(museum.objects(1)))
    assert command_line.main(["add", table, "--via", "queue"]) == 78
    assert "VITRINE_BROKER_URL" in capsys.readouterr().err
    assert not home.exists()
