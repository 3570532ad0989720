"""Keeps PostgreSQL from remembering what was deleted.

Its statistics hold samples of column values, also of rows that are long gone; not even VACUUM FULL clears them. So nothing is
sampled in tables about members and counts. Sealed columns are stored as they are: compressing noise costs time only.
A later table of this kind needs a migration of its own; `alongside doctor` and a test tell of a column that was forgotten.
"""

from django.db import migrations

from alongside.site import no_samples

TABLES = (
    ("help_requests", "Request"),
    ("help_requests", "Message"),
    ("help_requests", "BoxReply"),
    ("help_requests", "Attempt"),
    ("escalation", "Ladder"),
    ("escalation", "Alert"),
    ("notify", "Notice"),
    ("anonymous", "Cell"),
    ("sealing", "KeyWrap"),
)


class Migration(migrations.Migration):
    dependencies = [
        ("help_requests", "0001_initial"),
        ("escalation", "0001_initial"),
        ("notify", "0001_initial"),
        ("anonymous", "0001_initial"),
        ("sealing", "0001_initial"),
    ]
    operations = [migrations.RunPython(no_samples.of(TABLES), migrations.RunPython.noop)]
