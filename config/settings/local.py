"""`make run`: one machine, loopback only."""

from config.settings.base import *  # noqa: F403
from config.settings.base import ROOT, STORAGES, env

ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
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
EMAIL_FILE_PATH = ROOT / ".plumbline" / "mail"
