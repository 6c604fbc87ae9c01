"""What is kept in files is UTF-8, whatever the locale of who runs this."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

from vitrine.settings import ROOT

_WRITTEN_AND_READ = """
import pathlib, sys
from vitrine.adapters import durable_files, snapshot_manifests
from vitrine.adapters.head_folder import HeadFolder

home = pathlib.Path(sys.argv[1])
heads = HeadFolder(home)
(home / "model" / "1").mkdir(parents=True)
heads.activate("model", 1, how="force", reason="\\u0432\\u0430\\u0437\\u0430")
durable_files.write(home / snapshot_manifests.MANIFEST, '{"format": 1, "name": "\\u0432\\u0430\\u0437\\u0430"}')
assert heads.activations("model")[0].reason == snapshot_manifests.read(home, {"name": str})["name"]
"""


def test_russian_words_are_kept_where_the_locale_has_no_letters_for_them(tmp_path: pathlib.Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", _WRITTEN_AND_READ, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "ваза" in (tmp_path / "manifest.json").read_text(encoding="utf-8")
