"""`python -m registry`: the models that this installation knows."""

from __future__ import annotations

import signal

if __name__ == "__main__":
    # What is imported below takes seconds, and Ctrl-C ends it without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import contextlib
import datetime
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pydantic

from vitrine import errors
from vitrine.adapters import model_files, sql_failures, sql_migrations
from vitrine.adapters.model_folder import ModelFolder
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_model_registry import SqlModelRegistry
from vitrine.models import RegisteredModel
from vitrine.ports import ModelRegistry
from vitrine.settings import MODELS, Settings

# From sysexits.h, so that scripts can tell a wrong file from a server that is away.
_WRONG_DATA, _NO_INPUT, _TRY_AGAIN, _WRONG_SETTING, _INTERRUPTED = 65, 66, 75, 78, 130


def main(arguments: Sequence[str] | None = None) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s", stream=sys.stderr)
    options = _parser().parse_args(arguments)
    try:
        status = _run(options)
        sys.stdout.flush()
        return status
    except OSError as error:
        print(f"registry: {error}", file=sys.stderr)
        _forget_what_cannot_be_written()
        return 1
    except KeyboardInterrupt:
        print("registry: stopped", file=sys.stderr)
        return _INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    try:
        settings = Settings()
        if not settings.database_url:
            settings.make_home()
        with contextlib.closing(Database(settings.sqlalchemy_url)) as database:
            sql_migrations.migrate_at(settings.sqlalchemy_url)
            folder = ModelFolder(own=settings.home / "models", others=[MODELS])
            return _Commands(SqlModelRegistry(database), folder, settings).run(options)
    except pydantic.ValidationError as error:
        print(*Settings.complaints(error), sep="\n", file=sys.stderr)
        return _WRONG_SETTING
    except errors.VitrineError as error:
        print(f"registry: {error.message}", file=sys.stderr)
        return _exit_code(error)


def _forget_what_cannot_be_written() -> None:
    """The interpreter would try again when it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Commands:
    def __init__(self, registry: ModelRegistry, folder: ModelFolder, settings: Settings) -> None:
        self._registry = registry
        self._folder = folder
        self._settings = settings

    def run(self, options: argparse.Namespace) -> int:
        commands: Mapping[str, Callable[[str], int]] = {
            "add": self.add,
            "list": self.list,
            "show": self.show,
            "verify": self.verify,
            "remove": self.remove,
        }
        return commands[options.command](getattr(options, "model", None) or "")

    def add(self, name: str) -> int:
        with self._folder.taken(name) as model:
            self._forget_superseded(model.name)
            self._registry.put(model)
        print(f"{model.id} is registered; serve it with VITRINE_MODEL={model.name}")
        return 0

    def list(self, _: str) -> int:
        for model in self._all():
            print(f"{model.id}  {model.licence or 'no licence told'}  {_day(model)}")
        return 0

    def show(self, name: str) -> int:
        model = self._registry.get(name)
        print(f"id: {model.id}\nlicence: {model.licence}\nregistered: {_day(model)}")
        for title, told in (("sha256", model.sha256), ("provenance", model.provenance), ("metrics", model.metrics)):
            print("\n".join([f"{title}:", *_lines(told)]))
        print(f"\n{model.card}")
        return 0

    def verify(self, name: str) -> int:
        models = [self._registry.get(name)] if name else self._all()
        damaged = 0
        for model in models:
            wrong = self._folder.differences(model)
            damaged += bool(wrong)
            print(f"{model.id}: {'; '.join(wrong) or 'every file is what was registered'}")
        if damaged:
            print("registry: export or copy what differs again, then add it again.", file=sys.stderr)
        return _WRONG_DATA if damaged else 0

    def remove(self, name: str) -> int:
        model = self._registry.get(name)
        if self._is_served(model):
            raise errors.RejectedInput(f"{model.id} is the one that is served: set VITRINE_MODEL to another one first.")
        if self._folder.redescribed(model):
            raise errors.RejectedInput(
                f"The description of {model.name} has changed since it was registered, and would be left without its "
                f"graph: add it again first (python -m registry add {model.name})."
            )
        gone = self._folder.remove(model)
        self._registry.remove(model.id)
        print(f"{model.id} is no longer registered; {len(gone)} files deleted")
        if stay := len(model.sha256) - len(gone):
            print(f"{stay} stay or are missing: they came with Vitrine, changed since, or are another model's too")
        return 0

    def _all(self) -> Sequence[RegisteredModel]:
        models = self._registry.all()
        if not models:
            print("No model is registered. python -m registry add MODEL takes one in.")
        return models

    def _is_served(self, model: RegisteredModel) -> bool:
        """However VITRINE_MODEL spells it: the path of a description names a model as well."""
        if self._settings.model == model.name:
            return True
        with contextlib.suppress(errors.Misconfigured):
            return model_files.find(self._settings.model, self._settings.model_folders).model_id == model.id
        return False

    def _forget_superseded(self, name: str) -> None:
        """A row whose model was replaced where it lay tells of what is there no more."""
        with contextlib.suppress(errors.NotFound):
            model = self._registry.get(name)
            if self._folder.superseded(model):
                self._registry.remove(model.id)
                print(f"{model.id} is no longer registered: another model lies in its place")


def _lines(told: Mapping[str, Any]) -> Sequence[str]:
    return [f"  {key}: {value}" for key, value in told.items()]


def _day(model: RegisteredModel) -> str:
    return datetime.datetime.fromtimestamp(model.registered_at, datetime.UTC).strftime("%Y-%m-%d")


def _exit_code(error: errors.VitrineError) -> int:
    match error:
        case sql_failures.Unusable():
            return _WRONG_SETTING
        case errors.DependencyUnavailable():
            return _TRY_AGAIN
        case errors.NotFound():
            return _NO_INPUT
        case errors.RejectedInput():
            return _WRONG_DATA
    return _WRONG_SETTING


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m registry", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="take a model into VITRINE_HOME/models and into the registry")
    add.add_argument("model", help="the path of a description (YAML), or a name that ships")
    commands.add_parser("list", help="one line for each model")
    for name, told in (("show", "all that is known of one"), ("remove", "forget one and delete its files")):
        commands.add_parser(name, help=told).add_argument("model", help="name or full id")
    verify = commands.add_parser("verify", help="read every byte and compare the checksums")
    verify.add_argument("model", nargs="?", help="name or full id (default: all)")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
