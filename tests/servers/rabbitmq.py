"""A real RabbitMQ of the tests' own: free ports, its own epmd, its data under a temporary folder."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator

import pika
import pika.exceptions
import pytest

from tests.servers.ports import free_port
from vitrine.adapters.rabbitmq_topology import DEAD_LETTERS, Topology
from vitrine.messages import Lane

# What waits five seconds and more in production is delivered again within a test.
TEST_TOPOLOGY = Topology(retry_delays_s=(0.1, 0.2, 0.3))

# Where Debian and the upstream packages keep the scripts that run under any user, root included.
_SCRIPTS = pathlib.Path("/usr/lib/rabbitmq/bin")
_START_S = 120
_CONFIGURATION = """
loopback_users = none
disk_free_limit.absolute = 1MB
log.console = false
log.file.level = warning
"""


def missing() -> str | None:
    """What has to be installed before a server can be started; None where all is there."""
    if not (_SCRIPTS / "rabbitmq-server").exists() or shutil.which("epmd") is None:
        return "RabbitMQ is not installed: scripts/system-packages rabbitmq"
    return None


class RabbitmqServer:
    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self.port, self._distribution_port, self._epmd_port = (free_port() for _ in range(3))
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"
        self._node = f"vitrine-{self.port}@localhost"
        self._epmd: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "rabbitmq.conf").write_text(_CONFIGURATION)
        (folder / "enabled_plugins").write_text("[].\n")

    def start(self) -> None:
        """Returns when it takes connections."""
        if self._epmd is None:
            self._epmd = subprocess.Popen(
                ["epmd", "-port", str(self._epmd_port), "-address", "127.0.0.1"], env=self._environment()
            )
        with (self._folder / "console.log").open("ab") as console:
            self._process = subprocess.Popen(
                [_SCRIPTS / "rabbitmq-server"],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                # A group of its own, so that `kill -9` reaches the virtual machine and its helpers at once.
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_S
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "console.log").read_text()
            assert time.monotonic() < deadline, "RabbitMQ did not start in time"
            time.sleep(0.2)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """`kill -9`."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        if self.running:
            self._signal(signal.SIGTERM)
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()
            self._epmd = None

    def forget_everything(self) -> None:
        """A broker that lost its disk: killed, and all of its data removed."""
        self.kill()
        shutil.rmtree(self._folder / "mnesia")

    def waiting(self, name: str) -> list[bytes]:
        """Takes the bodies of all messages out of a queue."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        channel = connection.channel()
        bodies = []
        while (got := channel.basic_get(name, auto_ack=True))[0] is not None:
            bodies.append(got[2])
        connection.close()
        return bodies

    def control(self, *command: str) -> str:
        """What `rabbitmqctl command …` says."""
        done = subprocess.run(
            [_SCRIPTS / "rabbitmqctl", "--node", self._node, *command],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=_START_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
        return {
            **kept,
            "HOME": str(self._folder),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "enabled_plugins"),
            # The tests share their cores with the server: no busy waiting in its schedulers.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
        }

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, number)
        self._process.wait(_START_S)

    def _answers(self) -> bool:
        try:
            pika.BlockingConnection(pika.URLParameters(self.url)).close()
        except (pika.exceptions.AMQPError, OSError):
            return False
        return True


@pytest.fixture(scope="session")
def rabbitmq_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitmqServer]:
    """One for all tests; whoever killed it need not start it again."""
    if reason := missing():
        # On a laptop without the server the other tests run; in CI that would hide that nothing was tested.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    server = RabbitmqServer(tmp_path_factory.mktemp("rabbitmq"))
    yield server
    server.stop()


@pytest.fixture
def running_rabbitmq(rabbitmq_server: RabbitmqServer) -> RabbitmqServer:
    """Running and without any queue of ours."""
    if not rabbitmq_server.running:
        rabbitmq_server.start()
    delete_our_queues(rabbitmq_server.url)
    return rabbitmq_server


def delete_queues(url: str, names: Iterable[str]) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    for name in names:
        channel.queue_delete(name)
    connection.close()


def delete_our_queues(url: str) -> None:
    every = [queue for one in (TEST_TOPOLOGY, Topology()) for lane in Lane for queue in one.queues(lane)]
    delete_queues(url, [DEAD_LETTERS, *every])
