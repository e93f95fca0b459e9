import django.db.models.deletion
from django.db import migrations, models

from kernel.tenancy.policies import PlatformTable


class Migration(migrations.Migration):

    dependencies = [
        ('instruments', '0005_quality'),
    ]

    operations = [
        migrations.CreateModel(
            name='OrderBook',
            fields=[
                ('listing', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='book', serialize=False, to='instruments.listing')),
                ('bids', models.JSONField()),
                ('asks', models.JSONField()),
                ('at', models.DateTimeField(help_text="The venue's own time, where it gives one.", null=True)),
                ('heard_at', models.DateTimeField()),
                ('source', models.CharField(max_length=40)),
            ],
            options={
                'ordering': ('listing',),
            },
        ),
        PlatformTable("instruments_orderbook"),
        # Written four times a second: room to write each anew where it stands.
        migrations.RunSQL(
            sql="ALTER TABLE instruments_orderbook SET (fillfactor = 50)",
            reverse_sql="ALTER TABLE instruments_orderbook RESET (fillfactor)",
        ),
    ]
