import alongside.notify.models
from django.db import migrations, models


def seal(apps, schema_editor):
    """Take over what waits: open invitations and calls must not be lost by an update."""
    for notice in apps.get_model("notify", "Notice").objects.all():
        notice.values = notice.open_values
        notice.save(update_fields=["values"])


class Migration(migrations.Migration):

    dependencies = [
        ('notify', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='notice',
            name='rank',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='notice',
            name='run',
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name='notice',
            name='address',
            field=models.CharField(max_length=1000),
        ),
        migrations.RenameField(model_name='notice', old_name='values', new_name='open_values'),
        migrations.AddField(
            model_name='notice',
            name='values',
            field=alongside.notify.models.Sealed(default=dict),
        ),
        migrations.RunPython(seal, migrations.RunPython.noop),
        migrations.RemoveField(model_name='notice', name='open_values'),
    ]
