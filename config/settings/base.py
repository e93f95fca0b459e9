"""Every setting, once. The overlays beside this file change only what a place needs changed."""

from pathlib import Path

from csp.constants import NONCE
from django.core.exceptions import ImproperlyConfigured
from kombu import Exchange, Queue

from config.environment import Environment, check_openid
from kernel.encryption.keyring import KeyRingError, LocalKeyRing
from kernel.jobs.queues import QUEUES
from kernel.tenancy.scope import APP_ROLE, OWNER_ROLE

ROOT = Path(__file__).resolve().parents[2]
env = Environment.of_project(ROOT)

# --- who we are -----------------------------------------------------------------------------------------------
VERSION = "0.1.0"
SECRET_KEY = env.text("SECRET_KEY", expected="50 or more random characters")
DEBUG = False
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS")
SITE_ADDRESS = env.text("SITE_ADDRESS", "http://localhost:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [SITE_ADDRESS]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
#: How many proxies stand in front and may be believed about a visitor's address. None by default.
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", 0)
#: Closes every page and API route with 503 and a sentence; health checks and workers go on.
MAINTENANCE = env.switch("MAINTENANCE", False)

INSTALLED_APPS = [
    "kernel",
    "accounts",
    "instruments",
    "exchanges",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "config.apps.OperatorAdmin",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "django_otp",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "kernel.api.slash.NoSlashAtTheEnd",
    "kernel.logs.middleware.RequestLog",
    "kernel.health.middleware.RequestMetrics",
    "kernel.body_limit.BodyLimit",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kernel.maintenance.Maintenance",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.Factors",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.SessionWatch",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "accounts.pages.frame",
            ],
            "builtins": ["kernel.templatetags.plumb", "accounts.templatetags.people"],
        },
    }
]

# --- the database and the broker ----------------------------------------------------------------------------
DATABASES = {"default": env.database("DATABASE_URL", role=APP_ROLE)}
DATABASES["default"] |= {"CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}
if env.whole("DATABASE_POOL_SIZE", 0):
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"]["pool"] = {  # type: ignore[index]
        "min_size": 1,
        "max_size": env.whole("DATABASE_POOL_SIZE", 0),
        "timeout": 10,
    }
#: Who makes tables. Without it the app's own log-in must be a member of the owner role.
OWNER_DATABASE = env.database("OWNER_DATABASE_URL", role=OWNER_ROLE, default=None)
#: Who may make roles and databases; only `manage.py setup` uses it.
ADMIN_DATABASE_URL = env.text("ADMIN_DATABASE_URL", "")
DATABASE_URL, OWNER_DATABASE_URL = env.text("DATABASE_URL"), env.text("OWNER_DATABASE_URL", "")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.redis("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "plumbline",
    }
}

#: The one channel on which news of rows travels between processes.
LIVE_CHANNEL = env.text("LIVE_CHANNEL", "plumbline:live")

# --- who runs this instance ------------------------------------------------------------------------------------
#: Named on the terms, the privacy notice and the risk disclosure.
OPERATOR_NAME = env.text("OPERATOR_NAME", "")
OPERATOR_CONTACT = env.text("OPERATOR_CONTACT", "")
#: True where the people who trade run the instance themselves; where not, some countries allow less.
SELF_HOSTED = env.switch("SELF_HOSTED", False)
# --- venues ---------------------------------------------------------------------------------------------------
SANDBOX_ADDRESS = env.text("SANDBOX_ADDRESS", "")
#: Where a venue is asked instead of at its own address: name=https://host, by commas.
VENUE_ADDRESSES = dict(pair.split("=", 1) for pair in env.names("VENUE_ADDRESSES"))
#: From which addresses this instance asks venues; a person registers one of them there.
EGRESS_ADDRESSES = env.egress("EGRESS_ADDRESSES")

#: Whose prices are listened to besides those that somebody's page or automation wants.
PRICE_SYMBOLS = env.lists("PRICE_SYMBOLS")

# --- candles and their vendors ----------------------------------------------------------------------------------
#: Where closed months of candles lie as files; every web process and the data worker must share it.
CANDLE_STORE = env.text("CANDLE_STORE", str(ROOT / ".plumbline" / "candles"))
#: Where a vendor is asked instead of at its own address: name=https://host, by commas.
VENDOR_ADDRESSES = dict(pair.split("=", 1) for pair in env.names("VENDOR_ADDRESSES"))
#: Whose prices are shown where a venue tells none: venue=vendor. Nobody's, until the operator says so.
VENDOR_PRICES = env.lists("VENDOR_PRICES")
ALPHA_VANTAGE_KEY, COINGECKO_KEY = env.text("ALPHA_VANTAGE_KEY", ""), env.text("COINGECKO_KEY", "")

# --- news -------------------------------------------------------------------------------------------------------
#: How long items are kept, by the time that they tell of; what is older is not taken up.
NEWS_KEPT_DAYS = env.whole("NEWS_KEPT_DAYS", 730, at_least=1)

# --- jobs ---------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "global_keyprefix": "plumbline:",
}
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_TASK_DEFAULT_QUEUE = "default"
# A key of its own for each queue: with the default one every message would reach every queue.
CELERY_TASK_DEFAULT_EXCHANGE = "plumbline"
CELERY_TASK_DEFAULT_ROUTING_KEY = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_QUEUES = [Queue(name, Exchange("plumbline"), routing_key=name) for name in QUEUES]
#: The first pattern that fits a task's name decides its queue.
CELERY_TASK_ROUTES = (
    [
        ("trading.send_*", {"queue": "orders"}),
        ("*", {"queue": "default"}),
    ],
)
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_ACKS_LATE = False
#: What is to be tried again says so in a row of its own; no message is ever sent a second time.
CELERY_TASK_ANNOTATIONS = {"*": {"max_retries": 0}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
#: How long a job is believed to be running after its worker's last sign of life.
JOB_LEASE_SECONDS = env.whole("JOB_LEASE_SECONDS", 45, at_least=1)
CELERY_BEAT_SCHEDULER = "kernel.jobs.beat:SlotScheduler"

# --- secrets ------------------------------------------------------------------------------------------------
ENCRYPTION_KEYRING = env.text("ENCRYPTION_KEYRING", "")
ENCRYPTION_KEYS = env.text(
    "ENCRYPTION_KEYS",
    "" if ENCRYPTION_KEYRING else env.text("ENCRYPTION_KEYS", expected="k1:<base64 of 32 random bytes>"),
)
if not ENCRYPTION_KEYRING:
    try:
        LocalKeyRing.parse(ENCRYPTION_KEYS)
    except KeyRingError as error:
        raise ImproperlyConfigured(str(error)) from error
AUDIT_SIGNING_KEY = env.key("AUDIT_SIGNING_KEY", length=32)
METRICS_TOKEN = env.text("METRICS_TOKEN", "")

#: The demo's log-in; made and accepted on loopback only (accounts/adapter.py).
DEMO_EMAIL = env.text("DEMO_EMAIL", "trader@demo.example")
DEMO_PASSWORD = env.text("DEMO_PASSWORD", "")

# --- who may enter --------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "landing"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
#: Who may sign up: anybody, those who were invited, or nobody.
SIGN_UP = env.choice("SIGN_UP", ("open", "invited", "closed"), "open")
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {
    "signup": "accounts.forms.sign_up.SignUpForm",
    "login": "accounts.forms.entrance.LogInForm",
    "reset_password": "accounts.forms.entrance.ResetForm",
    "reset_password_from_key": "accounts.forms.entrance.NewPasswordForm",
    "change_password": "accounts.forms.entrance.ChangePasswordForm",
    "set_password": "accounts.forms.entrance.SetPasswordForm",
    "add_email": "accounts.forms.entrance.AddAddressForm",
}
#: allauth counts in the cache, which may be flushed; accounts.services.guessing counts in the database.
ACCOUNT_RATE_LIMITS = False
#: allauth keeps the rows and the passkeys' login stage; codes are checked by accounts.services.factors.
MFA_ADAPTER = "accounts.adapter.FactorAdapter"
# The block on adding an address beside factors is for sign-ups without a verified one; here none gets in.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
#: The log-in of another site (OpenID Connect): its name on the button, its issuer, and what it gave us. All, or none.
OIDC_NAME, OIDC_SERVER = env.text("OIDC_NAME", "").strip(), env.text("OIDC_SERVER", "").strip().rstrip("/")
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_ID", "").strip(), env.text("OIDC_CLIENT_SECRET", "").strip()
check_openid(
    OIDC_NAME=OIDC_NAME, OIDC_SERVER=OIDC_SERVER, OIDC_CLIENT_ID=OIDC_CLIENT_ID, OIDC_CLIENT_SECRET=OIDC_CLIENT_SECRET
)
SOCIALACCOUNT_ADAPTER = "accounts.adapter.OtherSiteAdapter"
#: The other site is asked once, who this is; nothing of ours acts there later.
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
#: How long after a change of factors no live venue may be added.
FACTOR_COOLING_HOURS = env.whole("FACTOR_COOLING_HOURS", 24, at_least=0)
PASSWORD_RESET_TIMEOUT = 3600
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "kernel.views.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", NONCE],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

# --- pages and API --------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = "config.formats"
STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = env.text("STATIC_ROOT", str(ROOT / "staticfiles"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    #: Where the heads of the audit chains are anchored, outside the database.
    "audit_anchors": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": env.text("AUDIT_ANCHOR_DIR", str(ROOT / ".plumbline" / "anchors"))},
    },
}
STORAGES["private"] = {
    #: What people may fetch for a while, such as their own data; never served as a file of the site.
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {
        "location": env.text("PRIVATE_DIR", str(ROOT / ".plumbline" / "private")),
        "base_url": None,
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    },
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["kernel.api.permissions.HasRight"],
    "DEFAULT_RENDERER_CLASSES": ["kernel.api.renderers.JSON"],
    "DEFAULT_PARSER_CLASSES": ["kernel.api.parsers.JSON"],
    "DEFAULT_PAGINATION_CLASS": "kernel.api.pagination.Cursor",
    "DEFAULT_THROTTLE_CLASSES": ["kernel.api.limits.TokenRate"],
    "DEFAULT_THROTTLE_RATES": {"token": "600/min", "address": "60/min"},
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "kernel.api.schema.Schema",
    "EXCEPTION_HANDLER": "kernel.api.problems.problem_response",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Plumbline API",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "JobStateEnum": "kernel.jobs.models.JobState",
        "TradingStateEnum": "accounts.models.kill_switch.KillSwitch.State",
        "TradingLevelEnum": "accounts.models.kill_switch.KillSwitch.Level",
        "OwnTradingLevelEnum": "accounts.kill_switch.OWN_LEVELS",
        "InstrumentKindEnum": "instruments.domain.listings.Kind",
        "AlertKindEnum": "instruments.models.alert.PriceAlert.Kind",
        "AlertStateEnum": "instruments.models.alert.PriceAlert.State",
        "SnapshotKindEnum": "exchanges.models.account.Snapshot.Kind",
    },
}

EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.whole("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.switch("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Plumbline <plumbline@localhost>")
#: How long people find what they were told, and what became of each message.
NOTIFICATIONS_KEPT_DAYS = env.whole("NOTIFICATIONS_KEPT_DAYS", 180, at_least=1)
NOTICE_MESSAGES_KEPT_DAYS = env.whole("NOTICE_MESSAGES_KEPT_DAYS", 90, at_least=1)
DELIVERIES_KEPT_DAYS = env.whole("DELIVERIES_KEPT_DAYS", 90, at_least=1)
TELEGRAM_API = "https://api.telegram.org"

# --- logs -----------------------------------------------------------------------------------------------------
LOG_FORMAT = env.choice("LOG_FORMAT", ("json", "text"), "json")
LOG_LEVEL = env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
LOGGING_CONFIG = "kernel.logs.setup.configure"
LOGGING = {"format": LOG_FORMAT, "level": LOG_LEVEL}

# --- outgoing: requests to addresses that users gave ------------------------------------------------------------
#: What makes the client of this process. Not read from the environment: nobody opens the inside by a variable.
OUTGOING_CLIENT = "kernel.outgoing.client.public_client"
