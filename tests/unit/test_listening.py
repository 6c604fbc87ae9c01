"""Servers that cannot have their address say what to do, and say it first."""

from __future__ import annotations

import asyncio
import errno
import pathlib
import socket
from collections.abc import Iterator

import pytest

from tests.conftest import run_module
from tests.servers.ports import free_port
from vitrine import errors, listening


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port: int = other.getsockname()[1]
        yield port


def test_a_free_port_is_kept_and_nobody_is_answered_before_it_listens() -> None:
    port = free_port()
    with listening.bound("127.0.0.1", port) as (one,):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)
        one.listen()
        with pytest.raises(errors.Misconfigured, match=f"PORT={port + 1}"), listening.bound("127.0.0.1", port):
            pass
    with listening.bound("127.0.0.1", port):
        pass


@pytest.mark.enable_socket
def test_a_connection_sends_at_once() -> None:
    nodelay: list[int] = []

    async def connect() -> None:
        def accepted(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nodelay.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listening.bound("127.0.0.1", 0) as (one,):
            async with await asyncio.start_server(accepted, sock=one):
                reader, writer = await asyncio.open_connection(*one.getsockname())
                await reader.read()
                writer.close()

    asyncio.run(connect())
    assert nodelay == [1]


@pytest.mark.parametrize("host", ["999.1.1.1", "192.0.2.1", "no such host", "a" * 70])
def test_a_host_that_is_none_of_this_machine_is_named_with_its_setting(host: str) -> None:
    with pytest.raises(errors.Misconfigured, match="VITRINE_HOST"), listening.bound(host, free_port()):
        pass


def test_a_port_that_needs_more_rights_says_so() -> None:
    with (
        pytest.raises(errors.Misconfigured, match="above 1023 with VITRINE_OPERATIONS_PORT"),
        listening.explained("127.0.0.1", 80, listening.OPERATIONS),
    ):
        raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize(
    ("module", "arguments", "variable"),
    [
        ("local", [], "PORT"),
        ("local", ["--check"], "PORT"),
        ("api", [], "PORT"),
        ("workers", [], "VITRINE_OPERATIONS_PORT"),
    ],
)
def test_a_taken_port_is_one_line_before_anything_is_begun(
    tmp_path: pathlib.Path, taken: int, module: str, arguments: list[str], variable: str
) -> None:
    home = tmp_path / "home"
    settings = {variable: str(taken), "VITRINE_BROKER_URL": "amqp://nobody@127.0.0.1:9/"}
    ended = run_module(module, *arguments, home=home, **settings)
    assert ended.returncode == 1
    assert f"Port {taken} is taken by another program" in ended.stderr
    assert f"{variable}={taken + 1}" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not home.exists()


@pytest.mark.parametrize(("module", "arguments"), [("local", []), ("local", ["--check"]), ("indexer", ["status"])])
def test_a_home_that_cannot_be_made_is_one_line(tmp_path: pathlib.Path, module: str, arguments: list[str]) -> None:
    (tmp_path / "file").write_text("no folder")
    ended = run_module(module, *arguments, home=tmp_path / "file" / "home", PORT=str(free_port()))
    assert ended.returncode == (78 if module == "indexer" else 1)
    assert "Set VITRINE_HOME to a folder that you may write to." in ended.stderr
    assert ended.stderr.count("\n") == 1
