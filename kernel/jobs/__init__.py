"""Jobs: a row per run, with progress, priority, quota, cancel, resume and heartbeat. Celery only carries nudges."""
