"""That somebody asked a supporter to tell: an office and a month, nothing else."""

import django.db.models.deletion
from django.db import migrations, models

import alongside.kernel.ids


class Migration(migrations.Migration):
    dependencies = [("team", "0001_initial"), ("accounts", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Asked",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=alongside.kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField()),
                (
                    "office",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.office",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.organisation"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "office", "month"), name="asked_once_an_office_and_month"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("office", None)),
                        fields=("organisation", "month"),
                        name="asked_once_a_month",
                    ),
                ],
            },
        ),
    ]
