"""The test suite: real PostgreSQL and Redis, fast hashes, mail in memory."""

import atexit
import os
import shutil
import tempfile

from config.settings.base import *  # noqa: F403
from config.settings.base import CACHES, REDIS_URL, REST_FRAMEWORK, STORAGES

# Each worker of the suite has a Redis database and channels of its own.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
REDIS_URL = f"{REDIS_URL.rpartition('/')[0]}/{1 + int(WORKER.removeprefix('gw'))}"
CELERY_BROKER_URL = REDIS_URL
CACHES = {"default": {**CACHES["default"], "LOCATION": REDIS_URL}}
LIVE_CHANNEL = f"plumbline:live:{WORKER}"
#: Each worker's own; a test that looks at the files themselves names one of its own.
CANDLE_STORE = os.environ.get("CANDLE_STORE", "")
if not CANDLE_STORE:
    CANDLE_STORE = tempfile.mkdtemp(prefix="plumbline-candles-")
    atexit.register(shutil.rmtree, CANDLE_STORE, ignore_errors=True)

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
CSRF_TRUSTED_ORIGINS = []
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WHITENOISE_AUTOREFRESH = True
METRICS_TOKEN = "for-tests"  # noqa: S105 - not a secret
# The suite calls faster than anybody may; the limits have tests of their own.
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"token": "1000000/min", "address": "1000000/min"}}
LOGGING = {"format": "text", "level": "WARNING"}
