"""Every wrap names the member of the ring it is for. PostgreSQL keeps no samples of what is sealed."""

import django.db.models.deletion
from django.db import migrations, models


def leave_no_statistics(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE sealing_wraprecipient"
            " ALTER COLUMN ring_key SET STATISTICS 0, ALTER COLUMN ring_key SET STORAGE EXTERNAL"
        )


class Migration(migrations.Migration):
    dependencies = [("sealing", "0003_carry_words_over")]

    operations = [
        migrations.DeleteModel("WordsRecipient"),
        migrations.AlterField(
            "keywrap",
            "recipient",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sealing.wraprecipient"
            ),
        ),
        migrations.AddConstraint(
            "keywrap", models.UniqueConstraint(fields=("key", "recipient"), name="one_wrap_a_recipient")
        ),
        migrations.RunPython(leave_no_statistics, migrations.RunPython.noop),
    ]
