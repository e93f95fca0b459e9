"""Finds a person's own workspace, in whose chain his own acts are recorded."""

from django.db import migrations

from kernel.tenancy.policies import Locator


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_people_at_home")]

    operations = [
        Locator(
            "locate_personal_workspace",
            takes="person uuid",
            returns="workspace_id uuid",
            query="SELECT m.workspace_id FROM accounts_membership m "
            "JOIN accounts_workspace w ON w.id = m.workspace_id AND w.kind = 'personal' "
            "WHERE m.person_id = $1 AND m.role = 'owner' ORDER BY w.created_at, w.id LIMIT 1",
            reads=["accounts_membership", "accounts_workspace"],
        ),
    ]
