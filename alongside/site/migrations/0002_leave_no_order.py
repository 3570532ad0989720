"""Takes SQLite's hidden row numbers away: they count up, so they tell the order in which requests and replies came, and how many
there were since the table was last empty. New tables are made without them (alongside/site/sqlite/schema.py); this makes over those
that an earlier version made. Nothing is lost: rows are copied within the transaction of the migration.
"""

from django.db import migrations

APPS = (
    "accounts", "anonymous", "directory", "escalation", "help_requests", "notify", "policy", "rota", "sealing", "team"
)


def leave_no_order(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    quote = schema_editor.connection.ops.quote_name
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%%'", [])
        tables = cursor.fetchall()
    for name, made in tables:
        if made.rstrip().upper().endswith("WITHOUT ROWID") or is_numbered(schema_editor, name):
            continue
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql > ''", [name])
            indexes = [row[0] for row in cursor.fetchall()]
        head = f"CREATE TABLE {quote(name)}"
        if not made.startswith(head):
            raise RuntimeError(f"The table {name} was not made by this software.")
        schema_editor.execute(f"CREATE TABLE {quote('new__' + name)}{made[len(head):]} WITHOUT ROWID")
        schema_editor.execute(f"INSERT INTO {quote('new__' + name)} SELECT * FROM {quote(name)}")
        schema_editor.execute(f"DROP TABLE {quote(name)}")
        schema_editor.execute(f"ALTER TABLE {quote('new__' + name)} RENAME TO {quote(name)}")
        for index in indexes:
            schema_editor.execute(index)


def is_numbered(schema_editor, name):
    """Say whether a table has no key but the number itself (tables of the sign-in library and the framework)."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"PRAGMA table_info({schema_editor.connection.ops.quote_name(name)})")
        keys = [column[2].lower() for column in cursor.fetchall() if column[5]]
    return not keys or keys == ["integer"]


class Migration(migrations.Migration):
    dependencies = [
        ("site", "0001_leave_no_statistics"),
        ("sessions", "0001_initial"),
        *((app, "0001_initial") for app in APPS),
    ]
    operations = [migrations.RunPython(leave_no_order, migrations.RunPython.noop)]
