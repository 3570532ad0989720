"""Looks at the way notices go: does the mail server answer, encrypt, and let us in."""

import smtplib
import ssl
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext as _

from alongside.site.doctor.finding import Finding

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def mail(now: datetime) -> Iterator[Finding]:
    """Connect, encrypt and sign in as a notice would, without sending one."""
    door = get_connection()
    try:
        try:
            door.open()
        finally:
            door.close()
    except Exception as error:
        text = _("The mail server %s:%s does not answer as it should: %s Nobody is alerted by e-mail.")
        yield Finding("mail", "failure", text % (settings.EMAIL_HOST, settings.EMAIL_PORT, reason(error)))
        return
    encrypts = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    if not encrypts and settings.EMAIL_HOST not in LOOPBACK:
        text = _("Mail travels to %s without encryption. Use smtp+tls:// or smtps:// in ALONGSIDE_SMTP_URL.")
        yield Finding("mail", "warning", text % settings.EMAIL_HOST)
    else:
        yield Finding("mail", "ok", _("The mail server takes mail."))


def reason(error: Exception) -> str:
    """Return in a sentence why a mail server could not be used; nothing of what it said, which may quote a password."""
    for kind, text in (
        (smtplib.SMTPAuthenticationError, _("it refuses name or password. Check ALONGSIDE_SMTP_URL.")),
        (smtplib.SMTPNotSupportedError, _("it does not offer encryption or signing in. Check ALONGSIDE_SMTP_URL.")),
        (smtplib.SMTPSenderRefused, _("it refuses our sender. Check ALONGSIDE_MAIL_FROM.")),
        (smtplib.SMTPRecipientsRefused, _("it refuses to deliver to that address.")),
        (ssl.SSLCertVerificationError, _("its certificate is not valid for that name.")),
        (ssl.SSLError, _("encryption fails. Port 465 wants smtps://, port 587 smtp+tls://.")),
        (ConnectionRefusedError, _("nothing listens there. Check name and port.")),
        (TimeoutError, _("it does not answer in time. Is the port blocked?")),
        (smtplib.SMTPException, _("it does not speak as a mail server does. Check the port.")),
        (OSError, _("it cannot be reached. Check its name.")),
    ):
        if isinstance(error, kind):
            return text
    return _("look at ALONGSIDE_SMTP_URL.")


def send_test(to: str) -> Finding:
    """Send a message that says nothing to an address, and say whether the mail server took it."""
    message = EmailMessage(_("Test"), _("This is a test. Nothing needs to be done."), settings.DEFAULT_FROM_EMAIL, [to])
    try:
        message.send()
    except Exception as error:
        return Finding("mail test", "failure", _("The test was not sent: %s") % reason(error))
    text = _("The mail server took the test for %s. Look whether it arrives, and not among the junk.")
    return Finding("mail test", "ok", text % to)
