import django.db.models.deletion
import kernel.ids
from django.db import migrations, models

from kernel.tenancy.policies import PlatformTable


class Migration(migrations.Migration):

    dependencies = [
        ('instruments', '0006_order_book'),
    ]

    operations = [
        migrations.CreateModel(
            name='NewsSource',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80, unique=True)),
                ('address', models.CharField(blank=True, max_length=2000)),
                ('every_minutes', models.PositiveIntegerField(default=15)),
                ('licence', models.CharField(blank=True, help_text='What its owner lets you do with it.', max_length=400)),
                ('is_enabled', models.BooleanField(default=True)),
                ('form', models.CharField(blank=True, choices=[('rss', 'rss'), ('atom', 'atom'), ('json_feed', 'json feed'), ('csv', 'csv'), ('json_lines', 'json lines')], max_length=10)),
                ('title', models.CharField(blank=True, max_length=400)),
                ('made_at', models.DateTimeField()),
                ('asked_at', models.DateTimeField(blank=True, null=True)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('asks_at', models.DateTimeField(blank=True, null=True)),
                ('failed_at', models.DateTimeField(blank=True, null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('trouble', models.CharField(blank=True, max_length=400)),
                ('told', models.PositiveIntegerField(blank=True, null=True)),
                ('refused', models.JSONField(blank=True, default=list)),
                ('etag', models.CharField(blank=True, max_length=400)),
                ('last_modified', models.CharField(blank=True, max_length=100)),
            ],
            options={
                'ordering': ('name',),
                'indexes': [models.Index(condition=models.Q(('is_enabled', True), models.Q(('address', ''), _negated=True)), fields=['asks_at'], name='news_source_due')],
            },
        ),
        migrations.CreateModel(
            name='NewsItem',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=64)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('digest', models.CharField(max_length=64)),
                ('title', models.CharField(max_length=400)),
                ('link', models.CharField(blank=True, max_length=2000)),
                ('summary', models.CharField(blank=True, max_length=2000)),
                ('language', models.CharField(blank=True, max_length=35)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('known_at', models.DateTimeField()),
                ('superseded_at', models.DateTimeField(blank=True, null=True)),
                ('at', models.DateTimeField()),
                ('stored_at', models.DateTimeField()),
                ('is_backfilled', models.BooleanField(default=False)),
                ('title_key', models.CharField(blank=True, max_length=64)),
                ('story', models.UUIDField()),
                ('score', models.FloatField(blank=True, help_text='-1 to 1.', null=True)),
                ('scorer', models.CharField(blank=True, max_length=40)),
                ('because', models.JSONField(default=list, help_text='The words that moved the score, with their weights.')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='instruments.newssource')),
            ],
            options={
                'ordering': ('-at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='NewsMatch',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('subject', models.CharField(max_length=100)),
                ('how', models.CharField(choices=[('told', 'told'), ('exchange', 'exchange'), ('cashtag', 'cashtag'), ('pair', 'pair'), ('name', 'name'), ('symbol', 'symbol'), ('weak', 'weak')], max_length=10)),
                ('words', models.CharField(max_length=200)),
                ('is_in_title', models.BooleanField()),
                ('sure', models.FloatField()),
                ('at', models.DateTimeField()),
                ('instrument', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='instruments.instrument')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='matches', to='instruments.newsitem')),
            ],
            options={
                'ordering': ('-sure', 'subject'),
                'indexes': [models.Index(fields=['subject', '-at'], name='news_match_by_subject')],
                'constraints': [models.UniqueConstraint(fields=('item', 'subject'), name='news_matched_once')],
            },
        ),
        migrations.AddIndex(
            model_name='newsitem',
            index=models.Index(fields=['-at', '-id'], name='news_by_time'),
        ),
        migrations.AddIndex(
            model_name='newsitem',
            index=models.Index(fields=['source', '-at', '-id'], name='news_by_source'),
        ),
        migrations.AddIndex(
            model_name='newsitem',
            index=models.Index(condition=models.Q(('title_key', ''), _negated=True), fields=['title_key', 'at'], name='news_by_title'),
        ),
        migrations.AddIndex(
            model_name='newsitem',
            index=models.Index(fields=['story'], name='news_by_story'),
        ),
        migrations.AddConstraint(
            model_name='newsitem',
            constraint=models.UniqueConstraint(fields=('source', 'key', 'revision'), name='news_revision_once'),
        ),
        migrations.AddConstraint(
            model_name='newsitem',
            constraint=models.UniqueConstraint(condition=models.Q(('superseded_at', None)), fields=('source', 'key'), name='news_has_one_newest'),
        ),
        migrations.AddConstraint(
            model_name='newsitem',
            constraint=models.CheckConstraint(condition=models.Q(('at__lte', models.F('known_at'))), name='news_at_is_not_after_known'),
        ),
        migrations.AddConstraint(
            model_name='newsitem',
            constraint=models.CheckConstraint(condition=models.Q(('superseded_at', None), ('superseded_at__gte', models.F('known_at')), _connector='OR'), name='news_superseded_after_known'),
        ),
        migrations.AddConstraint(
            model_name='newsitem',
            constraint=models.CheckConstraint(condition=models.Q(('score__gte', -1), ('score__lte', 1)), name='news_score_in_bounds'),
        ),
        PlatformTable("instruments_newssource"),
        PlatformTable("instruments_newsitem"),
        PlatformTable("instruments_newsmatch"),
    ]
