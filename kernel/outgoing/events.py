"""News of deliveries, for whoever owns the destination. Sent in the tenant's scope and the outcome's transaction."""

from django.dispatch import Signal

#: The receiver took it. Arguments: delivery, now.
delivery_accepted = Signal()
#: An attempt failed. Arguments: delivery, now, is_final (True when it was given up).
delivery_failed = Signal()
