"""Which vouching key a card was sealed together with."""

from django.db import migrations, models


def leave_no_statistics(apps, schema_editor):
    """Keep PostgreSQL from sampling the new column too."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE directory_card ALTER COLUMN bound_to SET STATISTICS 0")


class Migration(migrations.Migration):

    dependencies = [
        ("directory", "0030_mutual_aid"),
    ]

    operations = [
        migrations.AddField(
            model_name="card",
            name="bound_to",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.RunPython(leave_no_statistics, migrations.RunPython.noop),
    ]
