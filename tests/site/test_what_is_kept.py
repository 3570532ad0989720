"""The register of kept data is complete, in both languages, and printed."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from alongside import cli
from alongside.content import load
from alongside.notify.models import Sealed
from alongside.site import kept


@pytest.mark.req("K-23", "K-33")
@pytest.mark.django_db
def test_the_register_names_every_table_and_column_of_the_database_and_no_other() -> None:
    found = kept.differences()
    assert found.unregistered == ()
    assert found.vanished == ()


@pytest.mark.req("K-23")
@pytest.mark.django_db
def test_a_column_that_nobody_registered_is_noticed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_office ADD COLUMN remark text")
        cursor.execute("CREATE TABLE contact_log (id integer)")
    assert kept.differences().unregistered == ("accounts_office.remark", "contact_log.id")


@pytest.mark.req("K-23")
@pytest.mark.django_db
def test_a_column_that_is_no_longer_there_is_noticed(capsys: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE account_emailconfirmation")
    assert "account_emailconfirmation.sent" in kept.differences().vanished
    assert cli.main(["kept"]) == 1
    assert "listed but not there: account_emailconfirmation.sent" in capsys.readouterr().err


@pytest.mark.req("K-33", "A-29")
@pytest.mark.parametrize("language", load.LANGUAGES)
def test_every_entry_says_what_why_how_long_and_who_in_both_languages(language: str) -> None:
    for table in kept.as_data(language)["tables"]:
        assert all(table[part].strip() for part in ("about", "holds", "why", "how_long"))
        assert table["readers"]
        assert all(column["holds"].strip() and column["protection"].strip() for column in table["columns"])


@pytest.mark.req("K-33")
@pytest.mark.django_db
def test_the_command_prints_every_table_and_column(capsys: Any) -> None:
    assert cli.main(["kept"]) == 0
    text = capsys.readouterr().out
    for table in load.retention().tables:
        assert f"\n  {table.name}\n" in text
        for column in table.columns:
            assert f"      {column.name} " in text
    assert cli.main(["kept", "--language", "fr"]) == 0
    assert "Combien de temps" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_command_prints_json(capsys: Any) -> None:
    assert cli.main(["kept", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == kept.as_data("en")


# By the outbox's own cipher: see tests/help_requests/test_a_device_is_told.py and tests/rota/test_busy_calendars.py.
ENCRYPTED_BEFORE_IT_IS_STORED = {("help_requests_told", "address"), ("rota_busyfeed", "address")}


@pytest.mark.req("K-34")
def test_every_binary_column_is_sealed_encrypted_or_hashed() -> None:
    registered = {(t.name, c.name): c.protection for t in load.retention().tables for c in t.columns}
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if field.get_internal_type() == "BinaryField":
                protection = registered[model._meta.db_table, field.column]
                by_hand = (model._meta.db_table, field.column) in ENCRYPTED_BEFORE_IT_IS_STORED
                own = "encrypted" if isinstance(field, Sealed) or by_hand else "sealed"
                # Ed25519: a public key has 32 bytes, a signature 64; both are there for everybody to see.
                short = {16: {"random"}, 32: {"hashed", "mark", "public"}, 64: {"public"}}
                assert protection in short.get(field.max_length or 0, {own})


@pytest.mark.req("K-22", "K-35")
def test_nothing_about_an_open_request_is_in_backups() -> None:
    assert [table.name for table in load.retention().tables if table.about == "member" and table.backup] == []


@pytest.mark.req("K-36")
def test_the_register_claims_no_more_than_is_true() -> None:
    text = (kept.as_text("en") + kept.as_text("fr")).lower().replace("anonymous_cell", "")
    for claim in ("zero-knowledge", "anonym", "securely erased", "military", "quantum", "hipaa", "privileged"):
        assert claim not in text
