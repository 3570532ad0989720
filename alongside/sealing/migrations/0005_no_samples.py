"""Keeps PostgreSQL from sampling the table of what unlocks keys (site/migrations/0001)."""

from django.db import migrations


def leave_no_statistics(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    quote = schema_editor.connection.ops.quote_name
    meta = apps.get_model("sealing", "WrapRecipient")._meta
    for field in meta.local_concrete_fields:
        schema_editor.execute(f"ALTER TABLE {quote(meta.db_table)} ALTER COLUMN {quote(field.column)} SET STATISTICS 0")


class Migration(migrations.Migration):
    dependencies = [("sealing", "0004_one_wrap_a_recipient")]
    operations = [migrations.RunPython(leave_no_statistics, migrations.RunPython.noop)]
