"""Messages over channels: their table, their policy, and the look-up of those that are due."""

import django.db.models.deletion
import kernel.clock
import kernel.ids
from django.db import migrations, models

from kernel.tenancy.policies import Locator, TenantTable


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_live_sessions'),
    ]

    operations = [
        migrations.AddField(
            model_name='notification',
            name='facts',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='notification',
            name='urgency',
            field=models.PositiveSmallIntegerField(choices=[(1, 'low'), (2, 'normal'), (3, 'urgent')], default=2),
        ),
        migrations.AddField(
            model_name='notificationchannel',
            name='failure_told_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='notificationchannel',
            name='urgency_floor',
            field=models.PositiveSmallIntegerField(choices=[(1, 'low'), (2, 'normal'), (3, 'urgent')], default=1),
        ),
        migrations.CreateModel(
            name='NoticeMessage',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('mail', 'Mail'), ('webhook', 'Webhook'), ('telegram', 'Telegram'), ('slack', 'Slack'), ('discord', 'Discord')], max_length=8)),
                ('state', models.CharField(choices=[('WAITING', 'Waiting'), ('HANDED_OVER', 'Handed Over'), ('SENT', 'Sent'), ('FAILED', 'Failed'), ('CANCELLED', 'Cancelled')], default='WAITING', max_length=11)),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('log', models.JSONField(default=list)),
                ('delivery_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
                ('finished_at', models.DateTimeField(null=True)),
                ('channel', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='accounts.notificationchannel')),
                ('notification', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='accounts.notification')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
            ],
            options={
                'ordering': ('-created_at', '-id'),
                'indexes': [models.Index(fields=['workspace', 'notification'], name='message_of_notification'), models.Index(fields=['workspace', 'channel', 'created_at'], name='message_of_channel'), models.Index(condition=models.Q(('state', 'WAITING')), fields=['next_attempt_at'], name='message_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('next_attempt_at__isnull', False), ('state', 'WAITING')), models.Q(models.Q(('state', 'WAITING'), _negated=True), ('next_attempt_at__isnull', True)), _connector='OR'), name='message_waits_for_a_moment')],
            },
        ),
        TenantTable("accounts_noticemessage"),
        Locator(
            "locate_due_notices",
            takes="now timestamptz, at_most integer",
            returns="workspace_id uuid, message_id uuid",
            # One from each workspace before the second of any, as with deliveries.
            query="SELECT m.workspace_id, m.id FROM accounts_noticemessage m WHERE m.state = 'WAITING' "
            "AND m.next_attempt_at <= $1 AND (m.lease_until IS NULL OR m.lease_until <= $1) "
            "ORDER BY row_number() OVER (PARTITION BY m.workspace_id ORDER BY m.next_attempt_at, m.id), "
            "m.next_attempt_at, m.id LIMIT $2",
            reads=["accounts_noticemessage"],
        ),
    ]
