"""That somebody asked a supporter to tell: an office and a month reach the coordinator, nothing else, once (B-35)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.db import IntegrityError, models, transaction
from django.test import Client
from django.urls import reverse

from alongside.accounts.models import AuditEntry, Organisation
from alongside.content import load
from alongside.kernel import clock
from alongside.policy.models import Change
from alongside.site import schedule
from alongside.team import actions, queries
from alongside.team.models import Asked
from tests.world import NOW, World, sign_in, supporter

ADDRESS = "/in/team/asked-to-disclose"


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    caches["default"].clear()


def tell(client: Client, office: Any = "") -> Any:
    return client.post(ADDRESS, {"office": getattr(office, "id", office)})


@pytest.mark.req("B-35", "J-19")
def test_a_row_is_an_organisation_an_office_and_a_month() -> None:
    fields = {field.name: field for field in Asked._meta.local_concrete_fields}
    assert set(fields) == {"id", "organisation", "office", "month"}
    dates = [name for name, field in fields.items() if isinstance(field, models.DateField)]
    assert dates == ["month"]
    assert not any(isinstance(field, models.CharField | models.TextField) for field in fields.values())
    register = next(table for table in load.retention().tables if table.name == "team_asked")
    assert not register.backup


@pytest.mark.req("B-35", "K-21")
def test_telling_stores_no_person_no_day_and_nothing_elsewhere(world: World, client: Client) -> None:
    before = AuditEntry.objects.count()
    sign_in(client, world.renee)
    answer = tell(client, world.jail)
    assert answer.status_code == 302
    (row,) = Asked.objects.all()
    month = clock.now().date().replace(day=1)
    assert (row.organisation, row.office, row.month) == (world.pine, world.jail, month)
    assert AuditEntry.objects.count() == before
    assert "_auth_user_id" in client.session
    assert not [key for key in dict(client.session) if "ask" in key.lower()]


@pytest.mark.req("B-35")
def test_however_often_and_whoever_tells_it_is_one_row(world: World, client: Client) -> None:
    for who in (world.renee, world.marcus, world.renee):
        sign_in(client, who)
        for office in (world.jail, "", world.jail, ""):
            assert tell(client, office).status_code == 302
        caches["default"].clear()
    assert sorted((row.office is None) for row in Asked.objects.all()) == [False, True]
    with pytest.raises(IntegrityError), transaction.atomic():
        Asked.objects.create(organisation=world.pine, office=None, month=Asked.objects.first().month)  # type: ignore[union-attr]


@pytest.mark.req("B-35")
def test_pressing_again_and_again_is_stopped_and_stores_nothing_more(world: World, client: Client) -> None:
    sign_in(client, world.renee)
    statuses = [tell(client).status_code for _ in range(8)]
    assert statuses == [302] * 6 + [429] * 2
    assert Asked.objects.count() == 1
    # Reading how to decline is never stopped.
    assert client.get(ADDRESS).status_code == 200


@pytest.mark.req("B-35", "M-24")
def test_an_office_of_elsewhere_and_made_up_answers_store_nothing(world: World, client: Client) -> None:
    sign_in(client, world.renee)
    theirs = Organisation.objects.get(slug="lake").offices.get()
    for office in (theirs.id, "x", "00000000-0000-4000-8000-000000000000"):
        assert tell(client, office).status_code == 422
    answer = client.post(ADDRESS, {"office": "", "what": "he drinks", "who": "Sgt. Pope", "day": "2026-11-22"})
    assert answer.status_code == 302
    (row,) = Asked.objects.all()
    assert (row.organisation, row.office) == (world.pine, None)
    for who in (world.hana, world.okafor, world.anne):
        sign_in(client, who)
        assert client.get(ADDRESS).status_code == 404
        assert tell(client).status_code == 404


@pytest.mark.req("B-35")
def test_the_month_is_the_organisations_own(world: World, clock_at: Any = None) -> None:
    # Six in the morning of the first in UTC is still the month before in Central time.
    first = datetime(2026, 12, 1, 5, 30, tzinfo=UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: first)
        sign_in(client := Client(), world.renee)
        tell(client)
    assert Asked.objects.get().month == date(2026, 11, 1)


@pytest.mark.req("B-35", "M-06")
def test_the_board_says_month_and_office_and_is_cleared_by_acknowledging(world: World, client: Client) -> None:
    sign_in(client, world.renee)
    tell(client, world.jail)
    tell(client)
    sign_in(client, world.hana)
    page = client.get(reverse("in_board")).content.decode()
    assert "somebody in Jail asked a supporter" in page
    assert "Do not ask who it was." in page
    for name in ("Renée", "Dubois"):
        assert name not in page.split("Asked to tell")[1].split("</li>")[0]
    asked = [one.id for one in queries.asked_in(world.pine.id)]
    assert len(asked) == 2
    sign_in(client, world.lars)
    for one in asked:
        assert client.post(reverse("in_asked_acknowledge", args=[one])).status_code == 404
    sign_in(client, world.hana)
    entries = AuditEntry.objects.count()
    for one in asked:
        assert client.post(reverse("in_asked_acknowledge", args=[one])).status_code == 302
    assert client.post(reverse("in_asked_acknowledge", args=[asked[0]])).status_code == 404
    assert not Asked.objects.exists()
    assert AuditEntry.objects.count() == entries


@pytest.mark.req("B-35")
def test_what_nobody_has_seen_to_goes_after_the_days_of_policy(world: World) -> None:
    Asked.objects.create(organisation=world.pine, office=world.jail, month=date(2026, 9, 1))
    Asked.objects.create(organisation=world.lake, month=date(2026, 9, 1))
    end = datetime(2026, 10, 1, 12, tzinfo=UTC)
    assert actions.purge_asked(end + timedelta(days=60)) == 0
    Change.objects.create(organisation=world.lake, key="asked_kept", value=14, version=1, changed_at=NOW)
    assert actions.purge_asked(end + timedelta(days=15)) == 1
    assert actions.purge_asked(end + timedelta(days=61)) == 1
    assert any(job.run is actions.purge_asked and job.purges for job in schedule.JOBS)


@pytest.mark.req("B-35", "K-10")
def test_the_page_says_how_to_decline_and_to_call_counsel_in_the_words_of_the_law(world: World, client: Client) -> None:
    sign_in(client, world.renee)
    for language, words in (
        ("en", ("To a manager or a supervisor", "To an investigator", "To a colleague", "Call a lawyer")),
        ("fr", ("À une ou un gestionnaire", "À une enquête", "À une ou un collègue", "Appelez un avocat")),
    ):
        world.renee.person.language = language
        world.renee.person.save()
        page = client.get(ADDRESS).content.decode()
        assert all(word in page for word in words)
    pack = load.toml("packs/generic-us.toml")
    assert pack["papers"]["testimony"]["fr"].split(" :")[0].split("\u00a0")[0][:40] in page.replace("&#x27;", "'")


def test_somebody_who_left_tells_nothing(world: World, client: Client) -> None:
    gone = supporter("Gus Ended", world.jail)
    gone.status, gone.ended_on = "ended", NOW.date()
    gone.save()
    sign_in(client, gone)
    assert tell(client).status_code == 404
    assert not Asked.objects.exists()
