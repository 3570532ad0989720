"""In which hours of every week clinical advice can be had."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0030_crisis_numbers")]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="clinical_hours",
            field=models.JSONField(blank=True, null=True),
        ),
    ]
