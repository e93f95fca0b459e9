"""Row-level security on accounts' tenant tables, and the look-ups that work before a tenant is known."""

from django.db import migrations

from kernel.tenancy.policies import Locator, TenantTable


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        TenantTable("accounts_workspace", column="id"),
        TenantTable("accounts_membership"),
        TenantTable("accounts_apitoken"),
        TenantTable("accounts_notification"),
        TenantTable("accounts_notificationchannel"),
        TenantTable("accounts_killswitch", null_workspace="shared"),
        TenantTable("accounts_audithead", null_workspace="hidden"),
        TenantTable("accounts_auditentry", null_workspace="hidden", append_only=True),
        TenantTable("accounts_auditdetail", null_workspace="hidden"),
        Locator(
            "locate_membership",
            takes="person uuid, slug text",
            returns="workspace_id uuid, membership_id uuid",
            query="SELECT m.workspace_id, m.id FROM accounts_membership m "
            "JOIN accounts_workspace w ON w.id = m.workspace_id WHERE m.person_id = $1 AND w.slug = $2",
            reads=["accounts_membership", "accounts_workspace"],
        ),
        Locator(
            "locate_memberships",
            takes="person uuid",
            returns="workspace_id uuid",
            query="SELECT m.workspace_id FROM accounts_membership m WHERE m.person_id = $1 "
            "ORDER BY m.joined_at, m.id",
            reads=["accounts_membership"],
        ),
        Locator(
            "locate_token",
            takes="prefix text",
            returns="workspace_id uuid, token_id uuid",
            query="SELECT t.workspace_id, t.id FROM accounts_apitoken t WHERE t.prefix = $1",
            reads=["accounts_apitoken"],
        ),
        Locator(
            "locate_workspaces",
            takes="after uuid, at_most integer",
            returns="workspace_id uuid",
            query="SELECT w.id FROM accounts_workspace w WHERE $1 IS NULL OR w.id > $1 ORDER BY w.id LIMIT $2",
            reads=["accounts_workspace"],
        ),
    ]
