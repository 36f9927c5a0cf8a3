"""Triggers that make evidence append-only, on both databases (invariants 1 and 2).

They are created with the tables and by the migrations, and compared with the catalogue by
`tests/system` and by `proficiency verify`: a migration that rebuilds a table would drop them
silently. The statements are in the words in which PostgreSQL's catalogue repeats them.
"""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from proficiency.core.db import Base, Kind, kind_of


def guard_statements(table: str, kind: Kind, dialect: str) -> Iterator[str]:
    """Yield the DDL that guards `table` on `dialect` (`sqlite` or `postgresql`)."""
    if kind in {Kind.EVIDENCE, Kind.CONTENT}:
        yield from _refuse(table, ("DELETE", "UPDATE"), dialect)
    elif kind is Kind.PAYLOAD:
        yield from _refuse(table, ("UPDATE",), dialect)
        yield from _refuse_delete_without_tombstone(table, dialect)


def _refuse(table: str, verbs: tuple[str, ...], dialect: str) -> Iterator[str]:
    if dialect == "sqlite":
        for verb in verbs:
            yield (
                f"CREATE TRIGGER guard_{table}_{verb.lower()} BEFORE {verb} ON {table} BEGIN "
                f"SELECT RAISE(ABORT, 'evidence is append-only: {table}'); END"
            )
        return
    yield (
        f"CREATE TRIGGER guard_{table}_change BEFORE {' OR '.join(verbs)} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    yield (
        f"CREATE TRIGGER guard_{table}_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _refuse_delete_without_tombstone(table: str, dialect: str) -> Iterator[str]:
    if dialect == "sqlite":
        yield (
            f"CREATE TRIGGER guard_{table}_delete BEFORE DELETE ON {table} "
            "WHEN NOT EXISTS (SELECT 1 FROM tombstone WHERE payload_id = OLD.id) BEGIN "
            f"SELECT RAISE(ABORT, 'erasure needs a tombstone first: {table}'); END"
        )
        return
    yield (
        f"CREATE TRIGGER guard_{table}_delete BEFORE DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_unmarked_erasure()"
    )


POSTGRESQL_FUNCTIONS = (
    """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'evidence is append-only: %', TG_TABLE_NAME; END $$""",
    """CREATE OR REPLACE FUNCTION refuse_unmarked_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE is_marked boolean;
BEGIN -- with its schema, for a temporary table of the same name would be found first
  EXECUTE format('SELECT count(*) > 0 FROM %I.tombstone WHERE payload_id = $1', TG_TABLE_SCHEMA)
  INTO is_marked USING OLD.id;
  IF NOT is_marked THEN
    RAISE EXCEPTION 'erasure needs a tombstone first: %', TG_TABLE_NAME;
  END IF;
  RETURN OLD;
END $$""",
)


def statements_for(kinds: Mapping[str, Kind], dialect: str) -> Iterator[str]:
    """Yield the statements that guard the named tables, for a migration that creates them."""
    if dialect == "postgresql":
        yield from POSTGRESQL_FUNCTIONS
    for table, kind in kinds.items():
        yield from guard_statements(table, kind, dialect)


def missing_guards(connection: sa.Connection) -> Iterator[str]:
    """Yield, in words, each guard that is not in the catalogue exactly as it was made."""
    dialect = connection.dialect.name
    installed = set(connection.scalars(sa.text(INSTALLED[dialect])))
    for table in Base.metadata.sorted_tables:
        for statement in guard_statements(table.name, kind_of(table), dialect):
            if statement not in installed:
                yield f"{table.name}: the guard {statement.split()[2]} is missing or was changed"
    for function in POSTGRESQL_FUNCTIONS if dialect == "postgresql" else ():
        head, body, _tail = function.split("$$")
        if body not in installed:
            yield f"the guards’ function {head.split()[4]} is missing or was changed"


INSTALLED = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": """
SELECT pg_get_triggerdef(oid, true) FROM pg_trigger
WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')
UNION SELECT prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace""",
}
"""The definitions of the triggers that are switched on, and of the functions that they call."""


def grant_statements(role: str, metadata: sa.MetaData = Base.metadata) -> Iterator[str]:
    """Yield the rights of the application's role on PostgreSQL: it owns no table."""
    rights = {
        Kind.EVIDENCE: "SELECT, INSERT",
        Kind.CONTENT: "SELECT, INSERT",
        Kind.PAYLOAD: "SELECT, INSERT, DELETE",
        Kind.STATE: "SELECT, INSERT, UPDATE, DELETE",
        Kind.OPERATIONAL: "SELECT, INSERT, UPDATE, DELETE",
    }
    quoted = '"' + role.replace('"', '""') + '"'
    for table in metadata.sorted_tables:
        yield f"REVOKE ALL ON {table.name} FROM {quoted}"
        yield f"GRANT {rights[kind_of(table)]} ON {table.name} TO {quoted}"
    yield f"GRANT SELECT ON alembic_version TO {quoted}"
