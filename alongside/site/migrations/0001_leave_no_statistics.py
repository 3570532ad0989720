"""Keeps PostgreSQL from remembering what was deleted.

Its statistics hold samples of column values, also of rows that are long gone; not even VACUUM FULL clears them. So nothing is
sampled in tables about members and counts. Sealed columns are stored as they are: compressing noise costs time only.
A later table of this kind needs a migration of its own; `alongside doctor` and a test tell of a column that was forgotten.
"""

from django.db import migrations, models

TABLES = (
    ("help_requests", "Request"),
    ("help_requests", "Message"),
    ("help_requests", "BoxReply"),
    ("help_requests", "Attempt"),
    ("escalation", "Ladder"),
    ("escalation", "Alert"),
    ("notify", "Notice"),
    ("anonymous", "Cell"),
    ("sealing", "KeyWrap"),
)


def leave_no_statistics(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    quote = schema_editor.connection.ops.quote_name
    for app, name in TABLES:
        meta = apps.get_model(app, name)._meta
        for field in meta.local_concrete_fields:
            changes = [f"ALTER COLUMN {quote(field.column)} SET STATISTICS 0"]
            if isinstance(field, models.BinaryField) and not field.max_length:
                changes.append(f"ALTER COLUMN {quote(field.column)} SET STORAGE EXTERNAL")
            schema_editor.execute(f"ALTER TABLE {quote(meta.db_table)} {', '.join(changes)}")


class Migration(migrations.Migration):
    dependencies = [
        ("help_requests", "0001_initial"),
        ("escalation", "0001_initial"),
        ("notify", "0001_initial"),
        ("anonymous", "0001_initial"),
        ("sealing", "0001_initial"),
    ]
    operations = [migrations.RunPython(leave_no_statistics, migrations.RunPython.noop)]
