"""The ring of what unlocks a person's keys: its tables, beside those of before."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import alongside.kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("sealing", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeyRing",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=alongside.kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("listed", models.TextField()),
                ("mac", models.BinaryField(max_length=32, null=True)),
                ("warned_for", models.DateField(null=True)),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WrapRecipient",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=alongside.kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.TextField()),
                ("ring_key", models.BinaryField(null=True)),
                (
                    "ring",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="recipients", to="sealing.keyring"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("ring", "name"), name="one_recipient_a_name")],
            },
        ),
        migrations.AddField("receivingkey", "mac", models.BinaryField(max_length=32, null=True)),
        migrations.AlterField(
            "keywrap",
            "key",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="wraps", to="sealing.receivingkey"
            ),
        ),
        migrations.AddField(
            "keywrap",
            "recipient",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sealing.wraprecipient"
            ),
        ),
    ]
