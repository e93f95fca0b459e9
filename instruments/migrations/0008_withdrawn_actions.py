from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('instruments', '0007_news'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='candleseries',
            options={'ordering': ('listing', 'interval'), 'verbose_name_plural': 'candle series'},
        ),
        migrations.AlterModelOptions(
            name='checkedseries',
            options={'ordering': ('score', 'listing', 'interval'), 'verbose_name_plural': 'checked series'},
        ),
        migrations.AlterModelOptions(
            name='listingfigures',
            options={'ordering': ('listing',), 'verbose_name_plural': 'listing figures'},
        ),
        migrations.RemoveConstraint(
            model_name='corporateaction',
            name='action_once_a_day',
        ),
        migrations.AddField(
            model_name='corporateaction',
            name='withdrawn_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='corporateaction',
            name='withdrawn_why',
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddConstraint(
            model_name='corporateaction',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('instrument', 'kind', 'ex_date'), name='action_once_a_day'),
        ),
    ]
