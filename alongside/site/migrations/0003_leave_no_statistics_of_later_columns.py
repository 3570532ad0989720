"""Keeps PostgreSQL from sampling tables and columns about members that came after 0001, in whatever order they were made."""

from django.db import migrations, models

TABLES = (
    ("help_requests", "Request"),
    ("help_requests", "Message"),
    ("help_requests", "BoxReply"),
    ("help_requests", "Attempt"),
    ("help_requests", "HandedOn"),
    ("help_requests", "Told"),
    ("escalation", "Ladder"),
    ("escalation", "Alert"),
    ("notify", "Notice"),
    ("anonymous", "Cell"),
    ("sealing", "KeyWrap"),
    ("sealing", "WrapRecipient"),
    ("directory", "Card"),
    ("team", "Asked"),
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
        ("site", "0002_leave_no_order"),
        ("help_requests", "0010_told"),
        ("escalation", "0002_handing_on"),
        ("notify", "0002_ways_to_be_reached"),
        ("anonymous", "0001_initial"),
        ("sealing", "0010_signed_lists"),
        ("directory", "0010_cards"),
        ("team", "0010_consent"),
    ]
    operations = [migrations.RunPython(leave_no_statistics, migrations.RunPython.noop)]
