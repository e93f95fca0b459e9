"""`make run`: one machine, loopback only."""

import warnings

from config.settings.base import *  # noqa: F403
from config.settings.base import ROOT, STORAGES, env

ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
#: Passkeys are bound to it: whoever types 127.0.0.1 instead has none.
SITE_ADDRESS = env.text("SITE_ADDRESS", f"http://localhost:{env.whole('PORT', 8000)}").rstrip("/")
CSRF_TRUSTED_ORIGINS = []
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
LOG_FORMAT = env.choice("LOG_FORMAT", ("json", "text"), "text")
LOGGING = {
    "format": LOG_FORMAT,
    "level": env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
}
#: Mail is kept as files that the demo shows; nothing is sent anywhere.
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = env.text("MAIL_DIR", str(ROOT / ".plumbline" / "mail"))

# On a machine where everything runs as root the launcher has said so already, once and in a sentence.
warnings.filterwarnings("ignore", message="You're running the worker with superuser")
#: Who runs it on his own machine trades for himself.
SELF_HOSTED = env.switch("SELF_HOSTED", True)
