"""What exchanges tells higher floors, which receive it in `ready()`."""

from django.dispatch import Signal

#: What was heard of an account's orders: `account_id`, `orders` and `fills` as tuples of reports, and `now`. Sent in
#: the tenant's transaction; a receiver that raises undoes it, and the same is asked for and told again. After a restart
#: what was told before may be told once more, and an older state may come after a newer one.
orders_told = Signal()
