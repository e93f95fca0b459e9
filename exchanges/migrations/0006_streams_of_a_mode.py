from django.db import migrations

from kernel.tenancy.policies import Locator


#: As 0003 made it: of both modes at once.
OF_ANY_MODE = Locator(
    "locate_streamed_connections",
    takes="venue text, shards int, shard int, at timestamptz",
    returns="workspace_id uuid, connection_id uuid",
    query="SELECT c.workspace_id, c.id FROM exchanges_connection c WHERE c.venue = $1 AND c.closed_at IS NULL "
    "AND c.mode IN ('live', 'sandbox') AND c.checked_at IS NOT NULL AND c.met NOT IN ('key', 'token', 'refused') "
    "AND coalesce(least(c.key_ends_at, c.token_ends_at), 'infinity') > $4 "
    "AND abs(hashtext(c.id::text)::bigint) % $2 = $3 ORDER BY c.id",
    reads=["exchanges_connection"],
)


class Migration(migrations.Migration):
    """The sandbox's accounts are listened to beside the live ones, and never for them."""

    dependencies = [("exchanges", "0005_postbacks")]

    operations = [
        migrations.RunSQL(OF_ANY_MODE.reverse_sql, OF_ANY_MODE.sql),
        Locator(
            "locate_streamed_connections",
            takes="venue text, mode text, shards int, shard int, at timestamptz",
            returns="workspace_id uuid, connection_id uuid",
            query="SELECT c.workspace_id, c.id FROM exchanges_connection c WHERE c.venue = $1 AND c.mode = $2 "
            "AND c.closed_at IS NULL AND c.checked_at IS NOT NULL AND c.met NOT IN ('key', 'token', 'refused') "
            "AND coalesce(least(c.key_ends_at, c.token_ends_at), 'infinity') > $5 "
            "AND abs(hashtext(c.id::text)::bigint) % $3 = $4 ORDER BY c.id",
            reads=["exchanges_connection"],
        ),
    ]
