"""Whom a supporter may ask for advice in a crisis: two duty lines."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_ways_to_be_reached")]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="clinical_number",
            field=models.CharField(blank=True, db_default="", default="", max_length=30),
        ),
        migrations.AddField(
            model_name="organisation",
            name="coordinator_number",
            field=models.CharField(blank=True, db_default="", default="", max_length=30),
        ),
    ]
