import django.db.models.deletion
from django.db import migrations, models

import kernel.clock
import kernel.ids
from kernel.tenancy.policies import Locator, TenantTable


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0004_venue_logins")]

    operations = [
        migrations.CreateModel(
            name='Postback',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('body', models.TextField(blank=True)),
                ('digest', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('taken', 'Taken'), ('forged', 'Forged')], default='waiting', max_length=7)),
                ('received_at', models.DateTimeField(default=kernel.clock.now)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='exchanges.connection')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
            ],
            options={
                'ordering': ('-received_at', '-id'),
                'indexes': [models.Index(fields=['workspace', 'connection', 'received_at'], name='postback_by_time')],
                'constraints': [models.UniqueConstraint(fields=('workspace', 'connection', 'digest'), name='postback_once')],
            },
        ),
        TenantTable("exchanges_postback"),
        Locator(
            "locate_called_connection",
            takes="called uuid",
            returns="workspace_id uuid, connection_id uuid",
            query="SELECT c.workspace_id, c.id FROM exchanges_connection c "
            "WHERE c.id = $1 AND c.venue = 'zerodha' AND c.closed_at IS NULL",
            reads=["exchanges_connection"],
        ),
        Locator(
            "locate_old_postbacks",
            takes="before timestamptz, most int",
            returns="workspace_id uuid, postback_id uuid",
            query="SELECT p.workspace_id, p.id FROM exchanges_postback p WHERE p.received_at < $1 "
            "ORDER BY p.received_at, p.id LIMIT $2",
            reads=["exchanges_postback"],
        ),
    ]
