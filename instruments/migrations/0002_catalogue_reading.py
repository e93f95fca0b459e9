from django.db import migrations, models

from kernel.tenancy.policies import PlatformTable


class Migration(migrations.Migration):

    dependencies = [
        ('instruments', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='CatalogueReading',
            fields=[
                ('market', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('asked_at', models.DateTimeField()),
                ('told_at', models.DateTimeField(blank=True, null=True)),
                ('listings', models.PositiveIntegerField(default=0)),
                ('refused', models.JSONField(blank=True, default=list)),
                ('refused_count', models.PositiveIntegerField(default=0)),
                ('failed_at', models.DateTimeField(blank=True, null=True)),
                ('failure', models.CharField(blank=True, max_length=400)),
            ],
            options={
                'ordering': ('market',),
            },
        ),
        PlatformTable("instruments_cataloguereading"),
    ]
