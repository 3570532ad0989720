"""No table about requests has a key, a hidden row number or a counter that rises with each one there ever was."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

from alongside.content import load
from alongside.help_requests.models import BoxReply
from alongside.site import traces
from tests.world import NOW

# Numbered tables that are not ours. They tell how many sign-in addresses, second steps (passkeys too) and updates there
# ever were: facts of the team and of this installation, of no member.
NUMBERED = {
    "account_emailaddress",
    "account_emailconfirmation",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
    "mfa_authenticator",
}
ABOUT = {table.name: table.about for table in load.retention().tables}
SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite's row numbers")
POSTGRES = pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL's sequences")


@pytest.mark.req("K-35")
def test_every_table_of_ours_has_a_random_key_and_the_others_are_known() -> None:
    counting = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if any(isinstance(field, models.AutoField) for field in model._meta.local_concrete_fields)
    }
    assert counting == NUMBERED - {"django_migrations"}
    assert {ABOUT[name] for name in NUMBERED} <= {"team", "installation"}


@POSTGRES
@pytest.mark.req("K-35")
def test_postgresql_has_no_sequence_but_of_known_tables(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sequencename, coalesce(d.refobjid::regclass::text, '') FROM pg_sequences "
            "LEFT JOIN pg_depend d ON d.objid = (quote_ident(schemaname)||'.'||quote_ident(sequencename))::regclass "
            "AND d.deptype IN ('a', 'i')"
        )
        found = dict(cursor.fetchall())
    assert found
    assert set(found.values()) == NUMBERED


@SQLITE
@pytest.mark.req("K-35")
def test_sqlite_counts_for_known_tables_only_and_numbers_no_other_row(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_sequence")
        assert {row[0] for row in cursor.fetchall()} <= NUMBERED
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        numbered = {name for name, sql in cursor.fetchall() if not sql.endswith("WITHOUT ROWID")}
    assert numbered == NUMBERED


@SQLITE
@pytest.mark.req("K-35")
def test_rows_lie_in_the_order_of_their_keys_and_say_nothing_of_how_many_came_before(transactional_db: None) -> None:
    for number in range(40):
        row = BoxReply.objects.create(box_hash=bytes([number]) * 32, number=1, envelope=b"x", gone_on=NOW.date())
        if number % 4:
            row.delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM help_requests_boxreply NOT INDEXED")
        found = [row[0] for row in cursor.fetchall()]
        assert len(found) == 10
        assert found == sorted(found)
        with pytest.raises(Exception, match="no such column"):
            cursor.execute("SELECT rowid FROM help_requests_boxreply")


@POSTGRES
def test_every_table_whose_rows_must_go_is_put_in_order_and_keeps_sealed_bytes_as_they_are(db: None) -> None:
    assert set(traces.tables()) >= {name for name, about in ABOUT.items() if about in {"member", "counts"}}
    assert "sealing_keywrap" in traces.tables()
    sealed = {
        (table.name, column.name)
        for table in load.retention().tables
        for column in table.columns
        if column.protection == "sealed"
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
            "WHERE attstorage = 'e' AND attstattarget = 0 AND relnamespace = current_schema()::regnamespace"
        )
        assert sealed <= set(cursor.fetchall())


# --- updates ---------------------------------------------------------------------------------------------------------

# Operations after which the version before could not go on serving. One that is needed goes here with the reason why it
# is safe, or with "stop every server first" in the release's notes.
DESTRUCTIVE = {"DeleteModel", "RemoveField", "RenameField", "RenameModel", "AlterModelTable", "RunSQL"}
STOP = "stop every server first: the version before cannot write notices or alerts meanwhile"
ALLOWED: dict[tuple[str, str], str] = {
    ("sealing", "0004_one_wrap_a_recipient: DeleteModel"): (
        "stop every server first: requests are taken and climb meanwhile, but the version before cannot unlock"
    ),
    ("notify", "0002_ways_to_be_reached: AddField"): STOP,
    ("notify", "0002_ways_to_be_reached: RemoveField"): STOP,
    ("notify", "0002_ways_to_be_reached: RenameField"): STOP,
    ("escalation", "0002_handing_on: AddField"): STOP,
    ("rota", "0002_ways_to_be_reached: AddField"): STOP,
    ("accounts", "0002_ways_to_be_reached: AddField"): STOP,
}


def test_no_update_takes_away_what_the_version_before_still_uses() -> None:
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("alongside.")}
    loader = MigrationLoader(None)
    found = {
        (app, f"{name}: {type(operation).__name__}")
        for (app, name), migration in loader.disk_migrations.items()
        if app in ours
        for operation in migration.operations
        if type(operation).__name__ in DESTRUCTIVE or _must_be_given(operation)
    }
    assert found - set(ALLOWED) == set(), "needs a note in ALLOWED"


def _must_be_given(operation: object) -> bool:
    """Say whether a new column would make the older version's inserts fail."""
    if type(operation).__name__ != "AddField":
        return False
    field = operation.field  # type: ignore[attr-defined]
    return not (field.null or field.db_default is not models.NOT_PROVIDED)
