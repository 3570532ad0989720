"""Keeps PostgreSQL from sampling tables and columns about members that came after 0001, in whatever order they were made."""

from django.db import migrations

from alongside.site import no_samples

TABLES = (
    ("help_requests", "Request"),
    ("help_requests", "Message"),
    ("help_requests", "BoxReply"),
    ("help_requests", "Attempt"),
    ("help_requests", "HandedOn"),
    ("help_requests", "Told"),
    ("escalation", "Ladder"),
    ("escalation", "Alert"),
    ("notify", "Notice"),
    ("anonymous", "Cell"),
    ("sealing", "KeyWrap"),
    ("sealing", "WrapRecipient"),
    ("directory", "Card"),
    ("team", "Asked"),
)


class Migration(migrations.Migration):
    dependencies = [
        ("site", "0002_leave_no_order"),
        ("help_requests", "0010_told"),
        ("escalation", "0002_handing_on"),
        ("notify", "0002_ways_to_be_reached"),
        ("anonymous", "0001_initial"),
        ("sealing", "0010_signed_lists"),
        ("directory", "0010_cards"),
        ("team", "0010_consent"),
    ]
    operations = [migrations.RunPython(no_samples.of(TABLES), migrations.RunPython.noop)]
