from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rota', '0005_living'),
    ]

    operations = [
        migrations.AddField(
            model_name='busyfeed',
            name='tried_at',
            field=models.DateTimeField(null=True),
        ),
    ]
