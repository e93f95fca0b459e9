"""When an invitation's mail went out, and sockets that close when their workspace's list of addresses leaves them out."""

from django.db import migrations, models

from kernel.tenancy.policies import Locator

TAKES = "entries json, at timestamptz"
READS = ["accounts_membership", "accounts_person", "accounts_apitoken", "django_session"]
HOLDS = (
    "JOIN accounts_membership m ON m.workspace_id = e.workspace AND m.person_id = e.person "
    "AND m.role = e.role AND m.can_trade = e.can_trade "
    "JOIN accounts_person p ON p.id = e.person AND p.is_active "
    "WHERE (e.session IS NOT NULL AND e.mark = encode(sha256(convert_to(p.password, 'UTF8')), 'hex') "
    "AND EXISTS (SELECT 1 FROM django_session s WHERE s.session_key = e.session AND s.expire_date > $2)) "
    "OR EXISTS (SELECT 1 FROM accounts_apitoken t WHERE t.id = e.token AND t.person_id = e.person "
    "AND t.workspace_id = e.workspace AND t.revoked_at IS NULL AND t.expires_at > $2)"
)
COLUMNS = "entry uuid, session text, mark text, token uuid, workspace uuid, person uuid, role text, can_trade boolean"

before = Locator(
    "locate_live_entries",
    takes=TAKES,
    returns="entry uuid",
    query=f"SELECT e.entry FROM json_to_recordset($1) AS e({COLUMNS}) {HOLDS}",
    reads=READS,
)
after = Locator(
    "locate_live_entries",
    takes=TAKES,
    returns="entry uuid",
    query=f"SELECT e.entry FROM json_to_recordset($1) AS e({COLUMNS}, address inet) "
    "JOIN accounts_workspace w ON w.id = e.workspace AND (w.allowed_networks = '[]'::jsonb OR EXISTS ("
    "SELECT 1 FROM jsonb_array_elements_text(w.allowed_networks) AS n(network) WHERE e.address <<= n.network::inet)) "
    f"{HOLDS}",
    reads=[*READS, "accounts_workspace"],
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_personal_workspace"), ("sessions", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="mail_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.RunSQL(before.reverse_sql, before.sql),
        after,
    ]
