import alongside.kernel.ids
import django.db.models.deletion
from django.db import migrations, models


def leave_no_statistics(apps, schema_editor):
    """Keep PostgreSQL from sampling what is about members (site/migrations/0001)."""
    if schema_editor.connection.vendor != "postgresql":
        return
    quote = schema_editor.connection.ops.quote_name
    meta = apps.get_model("help_requests", "Told")._meta
    for field in meta.local_concrete_fields:
        changes = [f"ALTER COLUMN {quote(field.column)} SET STATISTICS 0"]
        if isinstance(field, models.BinaryField):
            changes.append(f"ALTER COLUMN {quote(field.column)} SET STORAGE EXTERNAL")
        schema_editor.execute(f"ALTER TABLE {quote(meta.db_table)} {', '.join(changes)}")


class Migration(migrations.Migration):

    dependencies = [
        ('help_requests', '0002_handing_on'),
    ]

    operations = [
        migrations.CreateModel(
            name='Told',
            fields=[
                ('id', models.UUIDField(default=alongside.kernel.ids.new, editable=False, primary_key=True, serialize=False)),
                ('language', models.CharField(max_length=5)),
                ('address', models.BinaryField()),
                ('changes', models.PositiveSmallIntegerField(default=1)),
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='help_requests.request')),
            ],
        ),
        migrations.RunPython(leave_no_statistics, migrations.RunPython.noop),
    ]
