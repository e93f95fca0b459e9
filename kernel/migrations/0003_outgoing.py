"""Deliveries to users' URLs, their log, and the look-up of those that are due."""

import django.db.models.deletion
import kernel.clock
import kernel.encryption.fields
import kernel.ids
from django.db import migrations, models

from kernel.tenancy.policies import Locator, TenantTable


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0002_jobs'),
    ]

    operations = [
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('workspace_id', models.UUIDField()),
                ('event', models.CharField(max_length=80)),
                ('origin', models.CharField(max_length=300)),
                ('url', kernel.encryption.fields.EncryptedField(bound_to=('workspace_id', 'pk'))),
                ('signing_secret', kernel.encryption.fields.EncryptedField(bound_to=('workspace_id', 'pk'), null=True)),
                ('body', models.TextField()),
                ('owner', models.CharField(blank=True, max_length=120)),
                ('state', models.CharField(choices=[('PENDING', 'Pending'), ('WAITING', 'Waiting'), ('DELIVERED', 'Delivered'), ('GIVEN_UP', 'Given Up'), ('CANCELLED', 'Cancelled')], default='PENDING', max_length=9)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('last_status', models.PositiveSmallIntegerField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'ordering': ('-created_at', '-id'),
                'indexes': [models.Index(fields=['workspace_id', 'created_at'], name='delivery_of_workspace'), models.Index(condition=models.Q(('state__in', ('PENDING', 'WAITING'))), fields=['next_attempt_at'], name='delivery_due'), models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['finished_at'], name='delivery_finished')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('next_attempt_at__isnull', False), ('state__in', ('PENDING', 'WAITING'))), models.Q(('finished_at__isnull', False), ('next_attempt_at__isnull', True), ('state__in', ('DELIVERED', 'GIVEN_UP', 'CANCELLED'))), _connector='OR'), name='delivery_open_has_next_attempt')],
            },
        ),
        migrations.CreateModel(
            name='DeliveryAttempt',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('workspace_id', models.UUIDField()),
                ('number', models.PositiveSmallIntegerField()),
                ('at', models.DateTimeField()),
                ('milliseconds', models.PositiveIntegerField()),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('answer', models.CharField(blank=True, help_text='The beginning of what the receiver said.', max_length=500)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='log', to='kernel.delivery')),
            ],
            options={
                'ordering': ('at', 'id'),
                'indexes': [models.Index(fields=['workspace_id', 'delivery'], name='attempt_of_delivery')],
            },
        ),
        TenantTable("kernel_delivery"),
        TenantTable("kernel_deliveryattempt"),
        Locator(
            "locate_due_deliveries",
            takes="now timestamptz, at_most integer",
            returns="workspace_id uuid, delivery_id uuid",
            # One from each workspace before the second of any: nobody's thousand failures hold up another's news.
            query="SELECT d.workspace_id, d.id FROM kernel_delivery d WHERE d.state IN ('PENDING', 'WAITING') "
            "AND d.next_attempt_at <= $1 AND (d.lease_until IS NULL OR d.lease_until <= $1) "
            "ORDER BY row_number() OVER (PARTITION BY d.workspace_id ORDER BY d.next_attempt_at, d.id), "
            "d.next_attempt_at, d.id LIMIT $2",
            reads=["kernel_delivery"],
        ),
    ]
