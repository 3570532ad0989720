"""What no table may have: a clinical word, a free text tied to a contact, a count of a person, a trace of a device."""

import re

import pytest
from django.apps import apps
from django.db import models

from alongside.content import load

ALL = [
    (model._meta.db_table, field)
    for model in apps.get_models(include_auto_created=True)
    for field in model._meta.local_concrete_fields
]
MEMBER = {table.name for table in load.retention().tables if table.about == "member"}


def columns(pattern: str) -> list[str]:
    return [f"{table}.{field.column}" for table, field in ALL if re.search(pattern, f"_{field.column}_")]


def test_there_are_tables_to_look_at() -> None:
    assert len(ALL) > 120
    assert len(MEMBER) >= 6


@pytest.mark.req("A-16")
def test_no_column_is_named_for_a_diagnosis_symptom_or_treatment() -> None:
    clinical = "diagnos|symptom|treatment|medic|disorder|illness|health|severity|risk|suicid|substance|therap|prognos"
    assert columns(clinical) == []


@pytest.mark.req("K-21", "K-22", "J-19")
def test_no_column_is_for_notes_or_remarks() -> None:
    assert columns("_(note|notes|remark|remarks|comment|comments|description|text|body|words|reason|summary)_") == []


@pytest.mark.req("K-21", "J-19", "K-35")
def test_nothing_about_a_request_can_hold_readable_free_text() -> None:
    """Sealed bytes, ids, numbers, moments and short words of a closed list; a notice's address is the team's own."""
    free = []
    for table, field in ALL:
        if table not in MEMBER or f"{table}.{field.column}" == "notify_notice.address":
            continue
        if isinstance(field, models.TextField) or (
            isinstance(field, models.CharField) and (field.max_length or 999) > 40
        ):
            free.append(f"{table}.{field.column}")
    assert free == []


@pytest.mark.req("J-19", "K-21", "B-30", "E-25", "J-18")
def test_nobody_is_counted_and_no_contact_is_logged() -> None:
    assert columns(
        "count|total|frequency|times_|_visits|_contacts|encounter|_cases?_|session_number|_handled|_taken_by"
    ) in (
        [],
        ["accounts_organisation.headcount"],
    )
    tables = {table for table, _ in ALL}
    assert [
        table for table in tables if re.search("encounter|contact_?log|history|visit|case|analytics|event", table)
    ] == []


@pytest.mark.req("K-26")
def test_no_column_is_for_an_address_of_a_machine_or_a_device() -> None:
    assert columns("_ip_|ip_address|user_?agent|device|browser|fingerprint_|referer|latitude|longitude|_location_") in (
        [],
        ["directory_candidatelist.fingerprint"],
    )


@pytest.mark.req("K-35", "J-19", "A-04")
def test_nothing_that_outlives_a_request_points_at_it() -> None:
    wrong = []
    for table, field in ALL:
        other = field.related_model
        if other is not None and not isinstance(other, str) and other._meta.db_table in MEMBER and table not in MEMBER:
            wrong.append(f"{table}.{field.column}")
    assert wrong == []


@pytest.mark.req("K-35", "J-19")
def test_no_reply_box_and_no_attempt_points_at_a_request_or_a_person() -> None:
    for name in ("BoxReply", "Attempt"):
        model = apps.get_model("help_requests", name)
        related = {field.related_model for field in model._meta.local_concrete_fields if field.is_relation}
        assert related <= {apps.get_model("directory", "CandidateList")}


@pytest.mark.req("J-19", "J-18", "K-21")
def test_counts_relate_to_an_organisation_only() -> None:
    for model in apps.get_app_config("anonymous").get_models():
        related = {field.related_model for field in model._meta.local_concrete_fields if field.is_relation}
        assert related <= {apps.get_model("accounts", "Organisation")}
        assert not any(isinstance(field, models.DateTimeField) for field in model._meta.local_concrete_fields)


@pytest.mark.req("K-35")
def test_a_person_has_no_moment_of_a_sign_in() -> None:
    assert columns("last_login|last_seen|last_active|signed_in_at") == []
