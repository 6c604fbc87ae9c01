"""The whole of docker-compose.yml on a real engine, under a project name, a port and volumes of its own.

Building takes minutes, so it is asked for: `VITRINE_TEST_COMPOSE=1 python -m pytest tests/compose`. `.ci/run` asks
where an engine can be had.
"""

from __future__ import annotations

import os
import pathlib
import secrets
import subprocess
from collections.abc import Iterator

import docker
import httpx2
import pytest
from docker.models.containers import Container

from tests.servers.ports import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROJECT = "vitrine-test"
_BUILD_S = 1200


class Stack:
    """The running services. ``compose`` for what Compose does, ``client`` for the page's port."""

    def __init__(self, env_file: pathlib.Path, port: int) -> None:
        self._env_file = env_file
        named = {line.partition("=")[0] for line in env_file.read_text().splitlines()}
        # What the caller has exported would win over the file.
        self._environment = {name: value for name, value in os.environ.items() if name not in named}
        self.docker = docker.from_env()
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)

    def compose(self, *arguments: str, timeout_s: float = 300) -> str:
        """What the command printed; an error with it where it failed."""
        command = ["docker", "compose", "-p", PROJECT, "--env-file", str(self._env_file), *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=timeout_s, check=False
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
        return done.stdout

    def set(self, name: str, value: str) -> None:
        """In the file .env: what is up takes it up with the next `up`."""
        lines = self._env_file.read_text().splitlines()
        told = [f"{name}={value}" if line.startswith(f"{name}=") else line for line in lines]
        assert told != lines, f"{name} is not in .env, or is {value} already"
        self._env_file.write_text("\n".join(told) + "\n")

    def containers(self, service: str, *, all_states: bool = False) -> list[Container]:
        labels = [f"com.docker.compose.project={PROJECT}", f"com.docker.compose.service={service}"]
        found = self.docker.containers.list(all=all_states, filters={"label": labels})
        return [one for one in found if one.labels.get("com.docker.compose.oneoff") != "True"]

    def logs(self, *services: str) -> str:
        return "\n".join(
            one.logs().decode() for service in services for one in self.containers(service, all_states=True)
        )

    def scale(self, workers: int) -> None:
        self.compose("up", "-d", "--no-recreate", "--wait", "--scale", f"worker={workers}")


def _settings(folder: pathlib.Path, port: int) -> pathlib.Path:
    """What .env.example says, with passwords and a port of its own."""
    lines = []
    for line in (ROOT / ".env.example").read_text().splitlines():
        name, equals, _ = line.partition("=")
        if equals and name.endswith("PASSWORD"):
            line = f"{name}={secrets.token_hex(16)}"
        elif name == "PORT":
            line = f"PORT={port}"
        elif name == "COMPOSE_PROFILES":
            line = f"{line},monitoring"
        lines.append(line)
    file = folder / "compose.env"
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if not os.environ.get("VITRINE_TEST_COMPOSE"):
        pytest.skip("set VITRINE_TEST_COMPOSE=1 where a Docker engine is at hand; it builds all images")
    port = free_port()
    made = Stack(_settings(tmp_path_factory.mktemp("compose"), port), port)
    try:
        made.compose("--profile", "index", "build", timeout_s=_BUILD_S)
        made.compose("up", "-d", "--wait", "--scale", "worker=1", timeout_s=600)
        made.compose("run", "--rm", "demo", "12", timeout_s=600)
        yield made
    finally:
        made.compose("--profile", "*", "down", "--volumes", "--timeout", "30")
        made.client.close()
        made.docker.close()
