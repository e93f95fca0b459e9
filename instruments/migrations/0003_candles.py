import django.db.models.deletion
import kernel.ids
import kernel.money.fields
from django.db import migrations, models

from kernel.ids import new_id
from kernel.tenancy.policies import PlatformTable
from kernel.tenancy.scope import OPERATOR_ROLE, OWNER_ROLE

# Runs as the owner: nobody else may take a bar away, and he does it only for a month that a file holds, all of it or none.
FORGET = '''
CREATE FUNCTION instruments_forget_filed_candles(file uuid, expected integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $forget$
DECLARE
    found record;
    gone integer;
BEGIN
    SELECT s.listing_id, s."interval", f.month::timestamp AT TIME ZONE 'UTC' AS since,
        (f.month + interval '1 month')::timestamp AT TIME ZONE 'UTC' AS until
    INTO STRICT found
    FROM instruments_candlefile f JOIN instruments_candleseries s ON s.id = f.series_id WHERE f.id = file;
    DELETE FROM instruments_candle
    WHERE listing_id = found.listing_id AND "interval" = found."interval"
        AND start >= found.since AND start < found.until;
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone <> expected THEN
        RAISE EXCEPTION 'expected % rows of candles in the month of the file, found %', expected, gone;
    END IF;
    RETURN gone;
END
$forget$
'''


def name_series(apps, schema_editor):
    """The series of bars that were kept before series had rows."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            'SELECT listing_id, "interval", min(start), max(start), count(DISTINCT start), jsonb_agg(DISTINCT source)::text '
            "FROM instruments_candle GROUP BY 1, 2"
        )
        for listing, interval, first, last, count, sources in cursor.fetchall():
            cursor.execute(
                'INSERT INTO instruments_candleseries (id, listing_id, "interval", first, last, count, changes, sources, '
                "written_at, gap_runs, gap_bars, gaps) VALUES (%s, %s, %s, %s, %s, %s, 1, %s::jsonb, now(), 0, 0, '[]')",
                [new_id(), listing, interval, first, last, count, sources],
            )



class Migration(migrations.Migration):

    dependencies = [
        ('instruments', '0002_catalogue_reading'),
    ]

    operations = [
        migrations.CreateModel(
            name='CandleSeries',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('interval', models.CharField(max_length=4)),
                ('first', models.DateTimeField(null=True)),
                ('last', models.DateTimeField(null=True)),
                ('count', models.BigIntegerField(default=0)),
                ('changes', models.BigIntegerField(default=0)),
                ('sources', models.JSONField(default=list)),
                ('written_at', models.DateTimeField(null=True)),
                ('gap_runs', models.PositiveIntegerField(default=0)),
                ('gap_bars', models.BigIntegerField(default=0)),
                ('gaps', models.JSONField(default=list)),
                ('gaps_seen_at', models.DateTimeField(null=True)),
                ('listing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='series', to='instruments.listing')),
            ],
            options={
                'ordering': ('listing', 'interval'),
            },
        ),
        migrations.CreateModel(
            name='CandleFile',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('month', models.DateField()),
                ('name', models.CharField(max_length=200)),
                ('digest', models.CharField(max_length=64)),
                ('size', models.BigIntegerField()),
                ('rows', models.PositiveIntegerField()),
                ('written_at', models.DateTimeField()),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='instruments.candleseries')),
            ],
            options={
                'ordering': ('series', 'month'),
            },
        ),
        migrations.CreateModel(
            name='CorporateAction',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('split', 'Split'), ('dividend', 'Dividend')], max_length=8)),
                ('ex_date', models.DateField(help_text='The first session that trades without it.')),
                ('ratio', kernel.money.fields.DecimalAmountField(blank=True, help_text='Of a split: new shares for one old.', null=True)),
                ('amount', kernel.money.fields.DecimalAmountField(blank=True, help_text='Of a dividend: per share.', null=True)),
                ('currency', models.CharField(blank=True, max_length=40)),
                ('source', models.CharField(max_length=40)),
                ('known_at', models.DateTimeField()),
                ('instrument', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='instruments.instrument')),
            ],
            options={
                'ordering': ('instrument', 'ex_date', 'kind'),
            },
        ),
        migrations.CreateModel(
            name='Disagreement',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('interval', models.CharField(max_length=4)),
                ('start', models.DateTimeField()),
                ('kept_source', models.CharField(max_length=40)),
                ('kept', models.JSONField()),
                ('other_source', models.CharField(max_length=40)),
                ('other', models.JSONField()),
                ('apart', models.FloatField()),
                ('seen_at', models.DateTimeField()),
                ('listing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disagreements', to='instruments.listing')),
            ],
            options={
                'ordering': ('-seen_at', '-start'),
            },
        ),
        migrations.CreateModel(
            name='Failover',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('interval', models.CharField(max_length=4)),
                ('before', models.CharField(max_length=40)),
                ('after', models.CharField(max_length=40)),
                ('reason', models.CharField(max_length=400)),
                ('seconds', models.FloatField(help_text='From the question to the answer of the source that took over.')),
                ('at', models.DateTimeField()),
                ('listing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='failovers', to='instruments.listing')),
            ],
            options={
                'ordering': ('-at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='SourceChoice',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(max_length=40)),
                ('symbol', models.CharField(max_length=80)),
                ('priority', models.PositiveSmallIntegerField(help_text='The lowest is asked first.')),
                ('instrument', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='source_choices', to='instruments.instrument')),
            ],
            options={
                'ordering': ('instrument', 'priority', 'source'),
            },
        ),
        migrations.CreateModel(
            name='SourceStanding',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('interval', models.CharField(max_length=4)),
                ('source', models.CharField(max_length=40)),
                ('state', models.CharField(choices=[('well', 'well'), ('resting', 'resting'), ('tried', 'tried')], max_length=8)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('since', models.DateTimeField()),
                ('rests_until', models.DateTimeField(null=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('trouble', models.CharField(blank=True, max_length=400)),
                ('trouble_at', models.DateTimeField(null=True)),
                ('listing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='standings', to='instruments.listing')),
            ],
            options={
                'ordering': ('listing', 'interval', 'source'),
            },
        ),
        migrations.AddConstraint(
            model_name='candleseries',
            constraint=models.UniqueConstraint(fields=('listing', 'interval'), name='series_once'),
        ),
        migrations.AddConstraint(
            model_name='candlefile',
            constraint=models.UniqueConstraint(fields=('series', 'month'), name='candle_file_once_a_month'),
        ),
        migrations.AddConstraint(
            model_name='corporateaction',
            constraint=models.UniqueConstraint(fields=('instrument', 'kind', 'ex_date'), name='action_once_a_day'),
        ),
        migrations.AddConstraint(
            model_name='corporateaction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__isnull', True), ('kind', 'split'), ('ratio__gt', 0)), models.Q(('amount__gt', 0), ('kind', 'dividend'), ('ratio__isnull', True)), _connector='OR'), name='action_has_its_figure'),
        ),
        migrations.AddIndex(
            model_name='disagreement',
            index=models.Index(fields=['-seen_at'], name='disagreement_by_time'),
        ),
        migrations.AddConstraint(
            model_name='disagreement',
            constraint=models.UniqueConstraint(fields=('listing', 'interval', 'start', 'kept_source', 'other_source'), name='disagreement_once'),
        ),
        migrations.AddIndex(
            model_name='failover',
            index=models.Index(fields=['-at'], name='failover_by_time'),
        ),
        migrations.AddConstraint(
            model_name='sourcechoice',
            constraint=models.UniqueConstraint(fields=('instrument', 'source'), name='choice_once_a_source'),
        ),
        migrations.AddConstraint(
            model_name='sourcestanding',
            constraint=models.UniqueConstraint(fields=('listing', 'interval', 'source'), name='standing_once_a_source'),
        ),
        PlatformTable("instruments_candleseries"),
        PlatformTable("instruments_candlefile"),
        PlatformTable("instruments_corporateaction"),
        PlatformTable("instruments_disagreement"),
        PlatformTable("instruments_sourcechoice"),
        PlatformTable("instruments_sourcestanding"),
        PlatformTable("instruments_failover"),
        migrations.RunSQL(
            sql=[
                FORGET,
                "REVOKE ALL ON FUNCTION instruments_forget_filed_candles(uuid, integer) FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION instruments_forget_filed_candles(uuid, integer) TO {OPERATOR_ROLE}, {OWNER_ROLE}",
            ],
            reverse_sql="DROP FUNCTION instruments_forget_filed_candles(uuid, integer)",
        ),
        migrations.RunPython(name_series, migrations.RunPython.noop),
    ]
