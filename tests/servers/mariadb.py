"""A real MariaDB of the tests' own: a free port, its data under a temporary folder, nothing synced to disk."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import time

import pymysql
import pymysql.cursors

from tests.servers.ports import free_port

_START_S = 60
_ACCOUNT = "vitrine"
_PASSWORD = "only-for-tests"


def missing() -> str | None:
    """What has to be installed before a server can be started; None where all is there."""
    if _program("mariadbd") is None or _program("mariadb-install-db") is None:
        return "MariaDB is not installed: scripts/system-packages mariadb"
    return None


class MariadbServer:
    """`kill` and `start` may be called again and again: the port and the data stay."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._install()

    def url(self, schema: str) -> str:
        return f"mysql+pymysql://{_ACCOUNT}:{_PASSWORD}@127.0.0.1:{self.port}/{schema}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def connected(self) -> pymysql.Connection[pymysql.cursors.Cursor]:
        return pymysql.connect(host="127.0.0.1", port=self.port, user=_ACCOUNT, password=_PASSWORD)

    def administered(self) -> pymysql.Connection[pymysql.cursors.Cursor]:
        return pymysql.connect(unix_socket=str(self._folder / "socket"), user="root")

    def start(self) -> None:
        """Returns when it takes connections."""
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen([*self._command(), f"--port={self.port}"], stdout=log, stderr=log)
        deadline = time.monotonic() + _START_S
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "server.log").read_text()
            assert time.monotonic() < deadline, "MariaDB did not start in time"
            time.sleep(0.05)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """`kill -9`."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self.running:
            assert self._process
            self._process.terminate()
            self._process.wait(_START_S)

    def _install(self) -> None:
        data = self._folder / "data"
        made = subprocess.run(
            [
                str(_program("mariadb-install-db")),
                "--no-defaults",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                *self._as_root(),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        (self._folder / "accounts.sql").write_text(
            f"CREATE OR REPLACE USER {_ACCOUNT}@'%' IDENTIFIED BY '{_PASSWORD}';\nGRANT ALL ON *.* TO {_ACCOUNT}@'%';\n"
        )

    def _command(self) -> list[str]:
        return [
            str(_program("mariadbd")),
            "--no-defaults",
            f"--datadir={self._folder / 'data'}",
            f"--socket={self._folder / 'socket'}",
            f"--pid-file={self._folder / 'pid'}",
            f"--init-file={self._folder / 'accounts.sql'}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--skip-log-bin",
            # A killed process loses nothing that it has written, and no test cuts the power.
            "--innodb-flush-method=nosync",
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=32M",
            *self._as_root(),
        ]

    def _as_root(self) -> list[str]:
        return ["--user=root"] if self._folder.owner() == "root" else []

    def _answers(self) -> bool:
        try:
            self.connected().close()
        except pymysql.MySQLError:
            return False
        return True


def _program(name: str) -> str | None:
    # Debian keeps servers where only root's path leads.
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
