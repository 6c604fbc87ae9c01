"""The migrations make exactly the schema that the code believes in, on every kind of database, by many at once."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from alembic import autogenerate, migration, operations

from tests.servers import databases
from vitrine import errors
from vitrine.adapters import sql_failures, sql_fulltext, sql_migrations
from vitrine.adapters.sql_catalogue import SqlCatalogue
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_fulltext import SQLITE_TABLE
from vitrine.adapters.sql_schema import metadata, records
from vitrine.domain import RecordContent
from vitrine.settings import ROOT

# What only one kind of database has for full-text search, and the code knows by these names.
_FULLTEXT = (SQLITE_TABLE, "ft_records_words")


@pytest.fixture(params=databases.KINDS)
def bare_url(
    request: pytest.FixtureRequest, tmp_path: pathlib.Path, schemas_of: Callable[[str], databases.Schemas]
) -> Iterator[str]:
    """A database in which there is nothing yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.sqlite3'}"
        return
    schemas = schemas_of(request.param)
    yield schemas.create("vitrine_bare")
    schemas.drop("vitrine_bare")


def migrations(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "migrations"],
        cwd=ROOT,
        env={**os.environ, "VITRINE_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_migrated_database_has_the_schema_of_the_code(bare_url: str) -> None:
    with contextlib.closing(Database(bare_url)) as database:
        for _ in range(2):
            sql_migrations.migrate(database)
        with database.writing() as connection:
            ours = {"include_name": lambda name, *_: not str(name).startswith(_FULLTEXT)}
            context = migration.MigrationContext.configure(connection, opts=ours)
            assert autogenerate.compare_metadata(context, metadata) == []


def test_several_that_migrate_at_once_do_it_once(bare_url: str) -> None:
    started = [migrations(bare_url) for _ in range(3)]
    for process in started:
        said, complained = process.communicate(timeout=60)
        assert (process.returncode, said) == (0, "The database has the schema of this version.\n"), complained


def test_an_index_that_an_interrupted_migration_has_made_is_not_made_again(bare_url: str) -> None:
    with contextlib.closing(Database(bare_url)) as database:
        sql_migrations.migrate(database)
        with database.writing() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '0003'"))
            sa.Index("ix_records_kp_no", records.c.kp_no).drop(connection)
        sql_migrations.migrate(database)
        with database.writing() as connection:
            made = {index["name"] for index in sa.inspect(connection).get_indexes("records")}
    assert {"ix_records_inventory_no", "ix_records_kp_no"} <= made


def test_a_database_that_is_away_or_none_is_told_apart(tmp_path: pathlib.Path) -> None:
    # The port of discard: nobody listens there.
    away, none = migrations("mysql://vitrine:secret@127.0.0.1:9/vitrine"), migrations("postgresql://127.0.0.1/vitrine")
    assert "did not answer" in away.communicate(timeout=60)[1]
    assert away.returncode == 75
    complained = none.communicate(timeout=60)[1]
    assert "mysql+pymysql://user:password@host:3306/vitrine" in complained and "Traceback" not in complained
    assert none.returncode == 78


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        ("mysql://vitrine:secret@db.example:33o6/vitrine", "not a number"),
        ("mysql://vitrine:secret@db.example:3306/vitrine?read_timeout=abc", "not a number"),
        ("sqlite:////nowhere/catalogue.sqlite3?timeout=abc", "not a number"),
        ("mysql://vitrine:secret@db.example:3306/vitrine?ssl_ca=/nowhere/db.pem", "ssl_ca.*No such file"),
    ],
)
def test_a_slip_in_the_url_is_told(slip: str, told: str) -> None:
    with pytest.raises(errors.Misconfigured, match=told):
        sql_migrations.migrate_at(slip)


@pytest.mark.parametrize("bare_url", databases.SERVERS, indirect=True)
def test_a_database_that_nobody_migrated_says_what_to_run(bare_url: str) -> None:
    with (
        contextlib.closing(Database(bare_url)) as database,
        pytest.raises(errors.DependencyUnavailable, match="python -m migrations"),
        database.reading() as connection,
    ):
        connection.execute(metadata.tables["records"].select())


class _BrokenOff(Exception):
    """The host went down after a change of the schema."""


@pytest.mark.parametrize("bare_url", databases.SERVERS, indirect=True)
def test_a_migration_that_is_broken_off_after_every_single_change_is_gone_on_with(bare_url: str) -> None:
    def break_off(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.split()[0] in ("CREATE", "ALTER"):
            raise _BrokenOff

    changes = 0
    while True:
        with contextlib.closing(Database(bare_url)) as database:
            sa.event.listen(database._writer, "after_cursor_execute", break_off)
            try:
                sql_migrations.migrate(database)
            except _BrokenOff:
                changes += 1
            else:
                break
    assert changes > len(metadata.tables)
    with contextlib.closing(Database(bare_url)) as database, database.writing() as connection:
        ours = {"include_name": lambda name, *_: not str(name).startswith(_FULLTEXT)}
        assert (
            autogenerate.compare_metadata(migration.MigrationContext.configure(connection, opts=ours), metadata) == []
        )
        assert connection.execute(metadata.tables["counters"].select()).all() == [("embeddings", 0)]


@pytest.mark.parametrize("interrupted", [True, False])
def test_what_a_source_said_under_the_former_schema_is_still_known(bare_url: str, interrupted: bool) -> None:
    with contextlib.closing(Database(bare_url)) as database:
        sql_migrations.migrate(database)
        catalogue = SqlCatalogue(database)
        for external_id in ("imported", "by hand"):
            catalogue.put_record(RecordContent(external_id=external_id))
        with database.writing() as connection:
            digest = sa.Column("imported_sha256", sa.String(64), nullable=False, server_default="")
            former = operations.Operations(migration.MigrationContext.configure(connection))
            former.add_column("records", digest)
            if not interrupted:
                former.drop_column("records", "imported")
            connection.execute(
                sa.text("UPDATE records SET imported_sha256 = :said WHERE external_id = 'imported'"), {"said": "a" * 64}
            )
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '0004'"))
        sql_migrations.migrate(database)
        known = catalogue.imported(["imported", "by hand"])
        with database.writing() as connection:
            assert "imported_sha256" not in {each["name"] for each in sa.inspect(connection).get_columns("records")}
    assert known["imported"].is_old_news("museum.csv", "a" * 64)
    assert known["by hand"].said == {}


def test_a_database_of_a_newer_version_is_told(bare_url: str) -> None:
    with contextlib.closing(Database(bare_url)) as database:
        sql_migrations.migrate(database)
        with database.writing() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(errors.Misconfigured, match=r"probably a newer one .*9999"):
            sql_migrations.migrate(database)


@pytest.mark.parametrize("bare_url", databases.SERVERS, indirect=True)
def test_a_name_that_somebody_else_has_taken_is_no_server_that_is_away(bare_url: str) -> None:
    with contextlib.closing(Database(bare_url)) as database, database.writing() as connection:
        connection.execute(sa.text("CREATE TABLE records (id INTEGER)"))
    for statement in ("CREATE TABLE records (id INTEGER)", "ALTER TABLE records ADD COLUMN id INTEGER"):
        with (
            contextlib.closing(Database(bare_url)) as database,
            pytest.raises(sql_failures.Unusable, match="a database of Vitrine's own"),
            database.writing() as connection,
        ):
            connection.execute(sa.text(statement))


def test_a_file_that_can_be_no_database_is_told_with_what_to_do(tmp_path: pathlib.Path) -> None:
    damaged, read_only = tmp_path / "damaged.sqlite3", tmp_path / "read-only.sqlite3"
    damaged.write_bytes(b"This is no database." * 100)
    read_only.touch()
    for url, told in [
        (f"sqlite:///{damaged}", "Put it back from a copy"),
        (f"sqlite:///{tmp_path / 'nowhere' / 'catalogue.sqlite3'}", "See that its folder is there"),
        (f"sqlite:///file:{read_only}?mode=ro&uri=true", "may write to it"),
    ]:
        with pytest.raises(errors.Misconfigured, match=told):
            sql_migrations.migrate_at(url)


def test_what_was_kept_with_stress_marks_is_found_after_the_migration(bare_url: str) -> None:
    with contextlib.closing(Database(bare_url)) as database:
        sql_migrations.migrate(database)
        catalogue = SqlCatalogue(database)
        kept = [
            catalogue.put_record(content)[0]
            for content in (
                RecordContent(external_id="1", name="за́мок"),
                RecordContent(external_id="2", translations={"en": {"name": "İznik שָׁלוֹם"}}),
                RecordContent(external_id="3", name="замочек"),
            )
        ]
        # As they were written before: with the marks, at which words ended.
        with database.writing() as connection:
            fulltext = sql_fulltext.for_dialect(connection.dialect.name)
            split = {kept[0]: "vvза vvмок", kept[1]: "vvi vvznik"} if connection.dialect.name != "sqlite" else {}
            for record_id, words in split.items():
                connection.execute(records.update().where(records.c.id == record_id).values(words=words))
            if connection.dialect.name == "sqlite":
                fulltext.put(connection, kept[1], "i̇znik שָׁלוֹם")
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '0006'"))
        assert [record.id for record in catalogue.browse(text="שלום").records] == []
        sql_migrations.migrate(database)
        for asked, found in (("замок", 0), ("за́мок", 0), ("iznik", 1), ("İznik", 1), ("שלום", 1)):
            assert kept[found] in [record.id for record in catalogue.browse(text=asked).records], asked
