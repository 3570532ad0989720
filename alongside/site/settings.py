"""Django's settings. What differs between installations is read in environment.py."""

import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from alongside.site import environment

env = environment.read(environment.with_file(os.environ))
BASE = Path(__file__).parent
DATA = env.data
DEMO = env.demo

SECRET_KEY = env.secret_key
SECRET_KEY_FALLBACKS = env.former_secrets
DEBUG = False
ALLOWED_HOSTS = env.hosts
DATABASES = {"default": env.database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "alongside.site.urls"
WSGI_APPLICATION = "alongside.site.wsgi.application"
APPEND_SLASH = False

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "alongside.notify",
    "alongside.accounts",
    "alongside.sealing",
    "alongside.anonymous",
    "alongside.policy",
    "alongside.team",
    "alongside.rota",
    "alongside.directory",
    "alongside.escalation",
    "alongside.help_requests",
    "alongside.programme",
    "alongside.site",
]
MIDDLEWARE = [
    "alongside.site.middleware.Audience",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "alongside.site.middleware.SignedInSessions",
    "django.middleware.common.CommonMiddleware",
    "alongside.site.middleware.SignedInCsrf",
    "alongside.site.middleware.SignedInPerson",
    "alongside.site.middleware.SignedInMessages",
    "alongside.site.sessions.Limits",
    # Touches neither cookie nor session by itself, so it may stand outside the audiences.
    "allauth.account.middleware.AccountMiddleware",
    "alongside.site.middleware.Language",
    "alongside.site.middleware.SignedInOnly",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "alongside.site.context.page",
            ],
        },
    }
]

# People of the team: a passkey; or e-mail address, password (Argon2id) and a one-time code.
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
]
ACCOUNT_ADAPTER = "alongside.site.throttles.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# Question and answer count one each. A whole watch may begin behind one address; there is nothing to guess.
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_ADAPTER = "alongside.accounts.sso.MfaAdapter"
ACCOUNT_FORMS = {
    "login": "alongside.accounts.forms.SignInForm",
    "reauthenticate": "alongside.accounts.forms.FreshPasswordForm",
    "reset_password": "alongside.accounts.forms.ForgottenForm",
    "reset_password_from_key": "alongside.accounts.forms.NewPasswordForm",
    "change_password": "alongside.accounts.forms.ChangePasswordForm",
}
MFA_FORMS = {
    "authenticate": "alongside.accounts.forms.CodeForm",
    "reauthenticate": "alongside.accounts.forms.FreshCodeForm",
    "activate_totp": "alongside.accounts.forms.FirstCodeForm",
    "authenticate_webauthn": "alongside.accounts.forms.NoCredentialForm",
}
PASSWORD_RESET_TIMEOUT = 3600
# Whose tries are counted when somebody guesses passwords; in memory for minutes, never written.
ALLAUTH_TRUSTED_PROXY_COUNT = env.proxies
ACCOUNT_RATE_LIMITS = {
    # Of one network address, whoever it tries; and of one network address at one person (site/throttles.py).
    "login": "30/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    # Each writes a message to somebody; who is written to three times has three links that work.
    "reset_password": "10/m/ip,3/h/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    # Pressed again and again it changes nothing; this keeps it from being tried.
    "asked": "6/5m/user",
}
# Two memories, so that tries at the door never push out a page, nor pages the count of tries.
CACHES = {
    name: {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": name,
        "OPTIONS": {"MAX_ENTRIES": most},
    }
    for name, most in (("default", 20_000), ("pages", 4_000))
}
LOGIN_URL = "/in/enter/login/"
LOGIN_REDIRECT_URL = "/in/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/in/enter/signed-out"

# Cookies exist below /in/ only, so none can travel with a member's page (docs/decisions/0003).
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = "/in/"
# A browser takes __Secure- from an HTTPS page only; __Host- would demand Path=/, that is: with members' pages.
_PREFIX = "__Secure-" if env.secure else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_PREFIX}in_session", f"{_PREFIX}in_csrf"
IDLE_COOKIE_NAME = f"{_PREFIX}in_seen"
# However busy, a session ends after this; unused, after IDLE (site/sessions.py).
SESSION_COOKIE_AGE = env.session_hours * 3600
IDLE = env.idle_minutes * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.secure
# Django would let it live for a year.
CSRF_COOKIE_AGE = None
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "alongside.site.errors.cross_site"
# In a cookie of the next page: in the session they would write down when somebody closed a request.
MESSAGE_STORAGE = "alongside.site.said.InCookie"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.proxies else None

DATA_UPLOAD_MAX_MEMORY_SIZE = 200_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_HANDLERS: list[str] = []

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_TIMEOUT = 10
globals().update(env.mail)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.mail_from

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE / "static"]
STATIC_ROOT = BASE / "static_collected"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = False

# No line names an address, a user agent or a path with a token in it (K-26).
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"nobody": {"()": "alongside.site.logs.NamesNobody"}},
    "formatters": {"plain": {"()": "alongside.site.logs.Plain"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "filters": ["nobody"], "formatter": "plain"},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "ERROR"},
        # It writes down whose passkey was used.
        "fido2": {"level": "ERROR"},
    },
}

# For how long what taking a request needs to know of its organisation is kept in memory.
ALONGSIDE_STANDING_SECONDS = 3.0
# How old what everybody fetches may be; the entrance adds a second (alongside/site/lately.py).
ALONGSIDE_PUBLIC_SECONDS = 1.0
# How old the newest backup may be before the doctor speaks up.
BACKUP_DAYS = env.backup_days
# The address people type; links in notices begin with it.
ALONGSIDE_ADDRESS = env.address
# Further Apprise services that people may be alerted through, beside those of notify.rules.SERVICES.
ALONGSIDE_NOTICE_SERVICES = env.notice_services
# This installation's key for push to supporters' browsers, and further hosts that may carry it.
ALONGSIDE_VAPID_KEY = env.vapid_key
ALONGSIDE_PUSH_HOSTS = env.push_hosts
# Supporters' own calendars are read from public machines only; tests serve them from this one.
ALONGSIDE_LOOPBACK_CALENDARS = False

if DEMO:
    MIDDLEWARE.insert(0, "alongside.site.demo.middleware.NameNotNumber")
    EMAIL_BACKEND = "alongside.site.demo.mail.Backend"
    ACCOUNT_REAUTHENTICATION_TIMEOUT = 365 * 86400
