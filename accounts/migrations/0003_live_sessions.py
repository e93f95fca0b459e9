"""Whether what let a live socket in still holds: one question for all sockets of a process, asked every few seconds."""

from django.db import migrations

from kernel.tenancy.policies import Locator


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_tenants"), ("sessions", "0001_initial")]

    operations = [
        Locator(
            "locate_live_entries",
            takes="entries json, at timestamptz",
            returns="entry uuid",
            query="SELECT e.entry FROM json_to_recordset($1) AS e(entry uuid, session text, mark text, token uuid, "
            "workspace uuid, person uuid, role text, can_trade boolean) "
            "JOIN accounts_membership m ON m.workspace_id = e.workspace AND m.person_id = e.person "
            "AND m.role = e.role AND m.can_trade = e.can_trade "
            "JOIN accounts_person p ON p.id = e.person AND p.is_active "
            "WHERE (e.session IS NOT NULL AND e.mark = encode(sha256(convert_to(p.password, 'UTF8')), 'hex') "
            "AND EXISTS (SELECT 1 FROM django_session s WHERE s.session_key = e.session AND s.expire_date > $2)) "
            "OR EXISTS (SELECT 1 FROM accounts_apitoken t WHERE t.id = e.token AND t.person_id = e.person "
            "AND t.workspace_id = e.workspace AND t.revoked_at IS NULL AND t.expires_at > $2)",
            reads=["accounts_membership", "accounts_person", "accounts_apitoken", "django_session"],
        ),
    ]
