import django.db.models.deletion
import kernel.ids
from django.db import migrations, models

from kernel.tenancy.policies import PlatformTable


class Migration(migrations.Migration):

    dependencies = [
        ('instruments', '0004_catalogue'),
    ]

    operations = [
        migrations.CreateModel(
            name='CheckedSeries',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('interval', models.CharField(max_length=4)),
                ('checked_at', models.DateTimeField()),
                ('first_start', models.DateTimeField()),
                ('last_start', models.DateTimeField()),
                ('bars', models.PositiveIntegerField()),
                ('score', models.FloatField(help_text='The mean of its days, 0 to 100.')),
                ('looks', models.PositiveIntegerField(default=0)),
                ('warnings', models.PositiveIntegerField(default=0)),
                ('errors', models.PositiveIntegerField(default=0)),
                ('listing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checked_series', to='instruments.listing')),
            ],
            options={
                'ordering': ('score', 'listing', 'interval'),
            },
        ),
        migrations.CreateModel(
            name='QualityFinding',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('not_a_number', 'not a number'), ('not_positive', 'not positive'), ('bad_order', 'bad order'), ('duplicate', 'duplicate'), ('unsorted', 'unsorted'), ('outside_session', 'outside session'), ('gap', 'gap'), ('no_weekends', 'no weekends'), ('time_zone', 'time zone'), ('bad_tick', 'bad tick'), ('bad_wick', 'bad wick'), ('extreme', 'extreme'), ('split', 'split'), ('stale', 'stale'), ('no_volume', 'no volume'), ('rounded', 'rounded'), ('odd_shape', 'odd shape'), ('vendor_ratio', 'vendor ratio'), ('vendor_disagrees', 'vendor disagrees')], max_length=20)),
                ('severity', models.CharField(choices=[('look', 'look'), ('warning', 'warning'), ('error', 'error')], max_length=8)),
                ('start', models.DateTimeField()),
                ('end', models.DateTimeField()),
                ('rows', models.PositiveIntegerField()),
                ('detail', models.CharField(max_length=400)),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='instruments.checkedseries')),
            ],
            options={
                'ordering': ('-start', 'kind', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='QualityScore',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('score', models.FloatField()),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='instruments.checkedseries')),
            ],
            options={
                'ordering': ('series', '-day'),
            },
        ),
        migrations.CreateModel(
            name='RepairProposal',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('start', models.DateTimeField()),
                ('raw', models.JSONField()),
                ('proposed', models.JSONField()),
                ('source', models.CharField(help_text='Who told the raw bar.', max_length=40)),
                ('reason', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('accepted', 'Accepted'), ('undone', 'Undone')], default='proposed', max_length=8)),
                ('proposed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='repairs', to='instruments.checkedseries')),
            ],
            options={
                'ordering': ('-start', 'pk'),
            },
        ),
        migrations.AddConstraint(
            model_name='checkedseries',
            constraint=models.UniqueConstraint(fields=('listing', 'interval'), name='series_checked_once'),
        ),
        migrations.AddIndex(
            model_name='qualityfinding',
            index=models.Index(fields=['series', 'start'], name='finding_by_series'),
        ),
        migrations.AddConstraint(
            model_name='qualityscore',
            constraint=models.UniqueConstraint(fields=('series', 'day'), name='day_scored_once'),
        ),
        migrations.AddConstraint(
            model_name='repairproposal',
            constraint=models.UniqueConstraint(fields=('series', 'start'), name='bar_has_one_repair'),
        ),
        PlatformTable("instruments_checkedseries"),
        PlatformTable("instruments_qualityfinding"),
        PlatformTable("instruments_qualityscore"),
        PlatformTable("instruments_repairproposal"),
    ]
