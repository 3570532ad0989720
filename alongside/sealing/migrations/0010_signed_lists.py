"""Vouching keys, signatures of weekly keys, and the signed list of an organisation (decision 0019)."""

import alongside.kernel.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_ways_to_be_reached'),
        ('sealing', '0005_no_samples'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='keyring',
            name='vouch_key',
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='receivingkey',
            name='signature',
            field=models.BinaryField(max_length=64, null=True),
        ),
        migrations.CreateModel(
            name='SigningRoot',
            fields=[
                ('id', models.UUIDField(default=alongside.kernel.ids.new, editable=False, primary_key=True, serialize=False)),
                ('serial', models.PositiveSmallIntegerField()),
                ('public_key', models.BinaryField(max_length=32)),
                ('poster', models.PositiveSmallIntegerField(default=1)),
                ('witness', models.BinaryField(max_length=32, null=True)),
                ('named', models.BinaryField(max_length=64, null=True)),
                ('by_old', models.BinaryField(max_length=64, null=True)),
                ('by_witness', models.BinaryField(max_length=64, null=True)),
                ('offered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='SignedRoster',
            fields=[
                ('id', models.UUIDField(default=alongside.kernel.ids.new, editable=False, primary_key=True, serialize=False)),
                ('epoch', models.PositiveIntegerField()),
                ('until', models.DateField()),
                ('people', models.PositiveSmallIntegerField()),
                ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organisation')),
                ('root', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sealing.signingroot')),
            ],
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.UUIDField(default=alongside.kernel.ids.new, editable=False, primary_key=True, serialize=False)),
                ('office', models.CharField(blank=True, max_length=80)),
                ('vouch_key', models.BinaryField(max_length=32)),
                ('signature', models.BinaryField(max_length=64)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('roster', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='certificates', to='sealing.signedroster')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('roster', 'person'), name='one_certificate_a_person')],
            },
        ),
        migrations.AddConstraint(
            model_name='signingroot',
            constraint=models.UniqueConstraint(fields=('organisation', 'serial'), name='one_root_a_serial'),
        ),
    ]
