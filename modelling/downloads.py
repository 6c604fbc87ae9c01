"""Files of a model hub: fetched once, resumed where they broke off, kept only with the checksum that was announced."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import http.client
import json
import logging
import os
import pathlib
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from typing import IO, Any

from vitrine import errors

_TIMEOUT_S = 60
_CHUNK = 1 << 20
# A connection that breaks is taken up again as long as every try brings something, and this often where it does not.
_FRUITLESS_TRIES = 3
_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fetched:
    """A file that is whole. ``announced``: whether its checksum is the server's own word, or only what was received."""

    path: pathlib.Path
    url: str
    sha256: str
    commit: str
    announced: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hub:
    """``base`` is an address that answers like huggingface.co, or file:// and a folder with the same paths."""

    base: str
    folder: pathlib.Path
    """Where files are kept, in a folder for each repository."""

    def fetch(self, repository: str, name: str) -> Fetched:
        """Raises NotFound, DependencyUnavailable (run again: it goes on) and Misconfigured (another checksum)."""
        if urllib.parse.urlsplit(self.base).scheme not in ("http", "https", "file"):
            raise errors.Misconfigured(
                f"{self.base!r} is no address of a hub: --hub and HF_ENDPOINT begin with https://, http:// or file://."
            )
        address = f"{self.base.rstrip('/')}/{repository}/resolve/main/{urllib.parse.quote(name)}"
        return fetch(address, self.folder / repository.replace("/", "--") / name)


def fetch(url: str, target: pathlib.Path) -> Fetched:
    """As `Hub.fetch`, of any address. What was fetched before is read again and not fetched again."""
    if url.startswith("file:"):
        return _in_place(url)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone_in(target.parent):
        return _fetch(url, target)


def _in_place(url: str) -> Fetched:
    """A file that is here needs no copy, which would only outlive a better one."""
    path = pathlib.Path(urllib.request.url2pathname(urllib.parse.urlsplit(url).path))
    try:
        sha256 = sha256_of(path)
    except FileNotFoundError as error:
        raise errors.NotFound(f"There is no {path}.") from error
    except OSError as error:
        raise errors.DependencyUnavailable(f"{path} cannot be read: {error}") from error
    return Fetched(path=path, url=url, sha256=sha256, commit="", announced=False)


@contextlib.contextmanager
def _alone_in(folder: pathlib.Path) -> Iterator[None]:
    """Two who append to one file would spoil it: the second waits, and finds it whole."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _log.info("another process is downloading into %s; waiting for it", folder)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # Closed, the lock is gone, as it is when the process dies.
        os.close(descriptor)


def _fetch(url: str, target: pathlib.Path) -> Fetched:
    note = target.with_name(target.name + ".json")
    with contextlib.suppress(OSError, ValueError, TypeError):
        kept = Fetched(path=target, **json.loads(note.read_text(encoding="utf-8")))
        if kept.url == url and sha256_of(target) == kept.sha256:
            return kept
    part = target.with_name(target.name + ".part")
    announced = _download(url, part)
    sha256 = sha256_of(part)
    if (wrong := _difference(part, sha256, announced, url)) is not None:
        part.unlink()
        raise errors.Misconfigured(f"{url} is not what was announced: {wrong}. It was removed; try again.")
    part.replace(target)
    told = _SHA256.search(announced.get("etag", "") + " " + url) is not None
    fetched = Fetched(path=target, url=url, sha256=sha256, commit=announced.get("commit", ""), announced=told)
    document = {key: value for key, value in dataclasses.asdict(fetched).items() if key != "path"}
    note.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return fetched


def sha256_of(path: pathlib.Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _difference(part: pathlib.Path, sha256: str, announced: Mapping[str, str], url: str) -> str | None:
    """A hub's tag is the SHA-256 of a large file and git's id of a small one; some addresses contain a SHA-256."""
    tag = announced.get("etag", "")
    expected = _SHA256.search(tag) or _SHA256.search(urllib.parse.urlsplit(url).path)
    if expected and expected.group() != sha256:
        return f"SHA-256 {sha256}, not {expected.group()}"
    if re.fullmatch(r"[0-9a-f]{40}", tag):
        data = part.read_bytes()
        found = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        return None if found == tag else f"git id {found}, not {tag}"
    return None


def _download(url: str, part: pathlib.Path) -> Mapping[str, str]:
    announced = _announced(url)
    _forget_another(part, announced.get("etag", ""))
    fruitless = 0
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            if _append(url, part, before):
                return announced
            problem: object = "the connection ended early"
        except urllib.error.HTTPError as error:
            raise _translated(url, error) from error
        except (OSError, http.client.HTTPException) as error:
            problem = error
        now = part.stat().st_size if part.exists() else 0
        fruitless = 0 if now > before else fruitless + 1
        if fruitless >= _FRUITLESS_TRIES:
            raise errors.DependencyUnavailable(f"{url} broke off at byte {now}: {problem}. Run it again: it goes on.")
        _log.info("%s: %s at byte %d; going on", url, problem, now)


def _append(url: str, part: pathlib.Path, start: int) -> bool:
    """Whether the file is whole now. A server that knows no ranges sends it from the beginning."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        answer = urllib.request.urlopen(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code != 416 or not start:
            raise
        # The range begins where the file ends: nothing was left to fetch.
        if error.headers.get("Content-Range", "").endswith(f"/{start}"):
            return True
        # Or behind its end: what lies here is no beginning of it.
        part.unlink()
        return False
    with answer, part.open("ab") as file:
        if answer.status != 206:
            file.truncate(0)
            start = 0
        length = answer.headers.get("Content-Length")
        _pour(answer, file)
        return length is None or file.tell() == start + int(length)


def _pour(answer: Any, file: IO[bytes]) -> None:
    while chunk := answer.read(_CHUNK):
        file.write(chunk)


class _Unfollowed(urllib.request.HTTPRedirectHandler):
    """The hub's checksum is on the answer that redirects, not on the one behind it."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _announced(url: str) -> Mapping[str, str]:
    request = urllib.request.Request(url, method="HEAD")
    try:
        with urllib.request.build_opener(_Unfollowed).open(request, timeout=_TIMEOUT_S) as answer:
            headers = answer.headers
    except urllib.error.HTTPError as error:
        if not 300 <= error.code < 400:
            raise _translated(url, error) from error
        headers = error.headers
    except (OSError, http.client.HTTPException) as error:
        raise errors.DependencyUnavailable(
            f"{url} did not answer: {error}. Is there a network? HF_ENDPOINT or --hub names another hub."
        ) from error
    tag = headers.get("X-Linked-Etag") or headers.get("ETag") or ""
    return {"etag": tag.removeprefix("W/").strip('"'), "commit": headers.get("X-Repo-Commit") or ""}


def _forget_another(part: pathlib.Path, tag: str) -> None:
    """What was begun of another version of the file is no beginning of this one."""
    of = part.with_name(part.name + ".etag")
    if part.exists() and (not of.exists() or of.read_text(encoding="utf-8") != tag):
        part.unlink()
    of.write_text(tag, encoding="utf-8")


def _translated(url: str, error: urllib.error.HTTPError) -> errors.VitrineError:
    if error.code in (401, 403, 404):
        return errors.NotFound(f"{url} is not there for everybody ({error.code}).")
    return errors.DependencyUnavailable(f"{url} answered {error.code}.")
