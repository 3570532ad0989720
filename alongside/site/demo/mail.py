"""Keeps the e-mails that would have been sent, in memory, for the page that shows them."""

from collections import deque
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

MOST = 200
letters: deque[EmailMessage] = deque(maxlen=MOST)


class Backend(BaseEmailBackend):
    """Django's mail door of the demonstration."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep each message, the newest first."""
        for message in email_messages:
            letters.appendleft(message)
        return len(email_messages)
