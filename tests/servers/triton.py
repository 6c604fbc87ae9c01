"""A real Triton on free ports: the server of a wheel, started without Docker and without a graphics card."""

from __future__ import annotations

import contextlib
import functools
import os
import pathlib
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence

import pytest

from tests.servers.ports import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
_ENVIRONMENT = ROOT / ".venv-triton"
_WHEEL = _ENVIRONMENT / "server"
_DALI = ROOT / ".venv-dali"
_START_S = 60
_SHARED = pathlib.Path("/dev/shm")
# Each backend gives its regions its own name.
_REGIONS = "triton_*_backend_shm_region_*"


def missing() -> str | None:
    """What has to be installed before a server can be started; None where all is there."""
    return None if (_ENVIRONMENT / "stamp").exists() else "there is no Triton to test with: run `make triton`"


def require() -> None:
    """Skip the test where the server was not installed; fail where it must have been."""
    reason = missing()
    if reason is None:
        return
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def require_dali() -> None:
    """Skip the test where there is no DALI: with its libraries it takes 1.2 GB, so nothing installs it unasked."""
    require()
    if not _dali_packages().is_dir():
        python = f"python{_stub_python()[0]}"
        pytest.skip(f"no DALI: {python} -m venv .venv-dali && .venv-dali/bin/pip install -r requirements/dali.txt")


class TritonServer:
    """Serves a model repository. After `kill` or `stop` it can be started again, on the same ports."""

    def __init__(self, repository: pathlib.Path, folder: pathlib.Path) -> None:
        require()
        self.repository = repository
        self.url = f"127.0.0.1:{free_port()}"
        self.http_url = f"http://127.0.0.1:{free_port()}"
        self.metrics_url = f"http://127.0.0.1:{free_port()}"
        self._folder = folder
        self._backends = _backends(folder / "backends")
        self._log = folder / "triton.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self, models: Sequence[str] = ("vitrine",)) -> None:
        """Returns when the models are ready."""
        with self._log.open("ab") as log:
            # A session of its own, so that its stubs can be ended with it.
            self._process = subprocess.Popen(
                self._command(models), env=_environment(), stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + _START_S
        while not self._ready():
            ended = self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"Triton did not start:\n{self._log.read_text()[-4000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut would: nothing is told to anybody. What it leaves in shared memory is removed."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """It keeps its connections and answers nothing."""
        assert self._process
        os.killpg(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process
        os.killpg(self._process.pid, signal.SIGCONT)

    def signal_stubs(self, model: str, number: signal.Signals) -> int:
        """Signal the processes that run the instances of ``model``; returns how many there were."""
        assert self._process
        reached = 0
        for process in _children(self._process.pid):
            with contextlib.suppress(OSError):
                words = pathlib.Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
                if b"triton_python_backend_stub" in words[0] and any(model.encode() in word for word in words[1:]):
                    os.kill(process, number)
                    reached += 1
        return reached

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        regions = _regions([process.pid, *_children(process.pid)])
        with contextlib.suppress(ProcessLookupError):
            if how == signal.SIGTERM:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(15)
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for region in regions:
            region.unlink(missing_ok=True)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.http_url}/v2/health/ready", timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _command(self, models: Sequence[str]) -> list[str]:
        server = _WHEEL / "pytriton" / "tritonserver"
        return [
            str(server / "bin" / "tritonserver"),
            f"--model-repository={self.repository}",
            f"--backend-directory={self._backends}",
            f"--cache-directory={server / 'caches'}",
            "--model-control-mode=explicit",
            *(f"--load-model={model}" for model in models),
            "--exit-timeout-secs=3",
            "--allow-gpu-metrics=false",
            "--http-address=127.0.0.1",
            "--grpc-address=127.0.0.1",
            f"--grpc-port={self.url.rpartition(':')[2]}",
            f"--http-port={self.http_url.rpartition(':')[2]}",
            f"--metrics-port={self.metrics_url.rpartition(':')[2]}",
        ]


def _backends(folder: pathlib.Path) -> pathlib.Path:
    """Copies, because the server resolves links; the stub must lie beside the python backend."""
    if folder.exists():
        return folder
    server = _WHEEL / "pytriton" / "tritonserver"
    shutil.copytree(server / "backends" / "python", folder / "python")
    version, _ = _stub_python()
    stub = server / "python_backend_stubs" / version / "triton_python_backend_stub"
    shutil.copy2(stub, folder / "python")
    for name in ("onnxruntime", "tensorrt"):
        (folder / name).mkdir()
        shutil.copy(pathlib.Path(__file__).with_name("onnx_backend.py"), folder / name / "model.py")
    (folder / "dali").mkdir()
    shutil.copy(pathlib.Path(__file__).with_name("dali_backend.py"), folder / "dali" / "model.py")
    return folder


def _environment() -> dict[str, str]:
    """The stub finds its packages by PATH alone, and its interpreter's library must be of the same build."""
    _, library = _stub_python()
    libraries = f"{_WHEEL / 'nvidia_pytriton.libs'}:{library}"
    return {
        "PATH": f"{_ENVIRONMENT / 'bin'}:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": libraries,
        "LANG": "C.UTF-8",
        "VITRINE_TEST_DALI": str(_dali_packages()),
    }


def _dali_packages() -> pathlib.Path:
    """Where DALI's environment has its packages, if it is there for the interpreter that runs models."""
    return _DALI / "lib" / f"python{_stub_python()[0]}" / "site-packages"


@functools.cache
def _stub_python() -> tuple[str, str]:
    """Version and library folder of the interpreter that runs models: it need not be the one that runs the tests."""
    code = "import sysconfig; print(sysconfig.get_python_version(), sysconfig.get_config_var('LIBDIR'))"
    said = subprocess.run([_ENVIRONMENT / "bin" / "python", "-c", code], check=True, capture_output=True, text=True)
    version, library = said.stdout.split()
    return version, library


def _children(process: int) -> list[int]:
    found: list[int] = []
    for task in pathlib.Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *_children(child)]
    return found


def _regions(processes: Sequence[int]) -> set[pathlib.Path]:
    """The shared memory of its backends, which a killed server leaves behind."""
    found = set()
    for process in processes:
        with contextlib.suppress(OSError):
            for line in pathlib.Path(f"/proc/{process}/maps").read_text().splitlines():
                path = pathlib.Path(line.split()[-1])
                if path.parent == _SHARED and path.match(_REGIONS):
                    found.add(path)
    return found
