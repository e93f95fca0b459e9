"""Idempotency keys, each workspace's own."""

import kernel.clock
import kernel.encryption.fields
import kernel.ids
from django.db import migrations, models

from kernel.tenancy.policies import TenantTable


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0003_outgoing'),
    ]

    operations = [
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('workspace_id', models.UUIDField()),
                ('key', models.CharField(max_length=255)),
                ('method', models.CharField(max_length=8)),
                ('route', models.CharField(max_length=300)),
                ('request_digest', models.BinaryField(max_length=32)),
                ('status', models.PositiveSmallIntegerField()),
                ('headers', models.JSONField(default=dict)),
                ('answer', kernel.encryption.fields.EncryptedField(bound_to=('workspace_id', 'pk'))),
                ('is_money', models.BooleanField()),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
                ('expires_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ('-created_at', '-id'),
                'indexes': [models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='idempotency_expiring')],
                'constraints': [models.UniqueConstraint(fields=('workspace_id', 'key'), name='idempotency_key_once'), models.CheckConstraint(condition=models.Q(models.Q(('expires_at__isnull', True), ('is_money', True)), models.Q(('expires_at__isnull', False), ('is_money', False)), _connector='OR'), name='idempotency_money_never_expires')],
            },
        ),
        TenantTable("kernel_idempotencykey"),
    ]
