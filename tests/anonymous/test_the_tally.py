"""Cells begin at noise, move together, get fresh noise at the end and point at nobody."""

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connections, models

from alongside.accounts.models import Organisation
from alongside.anonymous import actions as anonymous
from alongside.anonymous import noise, rules
from alongside.anonymous.models import Cell
from alongside.content import load
from tests.anonymous.test_noise import distance, laplace, tolerance
from tests.world import NOW, World
from tests.world import organisation as make_organisation

CONTACT = rules.Contact(first=True, kind="talk", channel="phone", topic="leadership", outcome="referral")
KEYS = rules.keys({question: tuple(entry.key for entry in entries) for question, entries in load.tally().items()})
DECEMBER = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)


def values(organisation: Organisation) -> dict[str, int]:
    return dict(Cell.objects.filter(organisation=organisation, closed=False).values_list("key", "value"))


def count(organisation: Organisation, now: datetime = NOW, contact: rules.Contact = CONTACT) -> None:
    anonymous.count(organisation.id, contact, now=now, zone=organisation.time_zone, headcount=organisation.headcount)


@pytest.mark.req("J-10", "J-18", "K-22")
def test_a_contact_moves_its_five_cells_and_leaves_no_other_row(world: World) -> None:
    anonymous.open_periods(NOW)
    before = values(world.pine)
    rows = {model: model.objects.count() for model in apps.get_models() if model is not Cell}  # type: ignore[attr-defined]
    count(world.pine)
    moved = {key for key, value in values(world.pine).items() if value == before[key] + 1}
    assert moved == {"pair.first", "kind.talk", "channel.phone", "topic.leadership", "outcome.referral"}
    assert {key for key, value in values(world.pine).items() if value != before[key]} == moved
    assert {model: model.objects.count() for model in rows} == rows  # type: ignore[attr-defined]


@pytest.mark.req("J-18")
def test_the_first_contact_finds_or_makes_every_cell_at_noise(world: World) -> None:
    count(world.pine)
    assert set(values(world.pine)) == set(KEYS)
    assert len(set(values(world.pine).values())) > 3


@pytest.mark.req("J-18", "K-35")
def test_every_organisation_has_its_cells_before_anybody_asks(world: World) -> None:
    anonymous.open_periods(NOW)
    anonymous.open_periods(NOW)
    for organisation in (world.pine, world.lake):
        assert set(values(organisation)) == set(KEYS)
    assert Cell.objects.count() == 2 * len(KEYS)


@pytest.mark.req("J-18")
def test_noise_is_added_at_the_start_and_again_at_the_end(db: None) -> None:
    for number in range(150):
        make_organisation(f"hall-{number}", f"Hall {number}", "UTC", "Station")
    anonymous.open_periods(NOW)
    start = dict(Cell.objects.values_list("id", "value"))
    assert anonymous.close_periods(DECEMBER) == 150
    end = dict(Cell.objects.values_list("id", "value"))
    for keys, share in ((rules.PAIR, rules.PAIR_SHARE), (KEYS[2:], rules.QUESTION_SHARE)):
        ids = list(Cell.objects.filter(key__in=keys).values_list("id", flat=True))
        exact = laplace(float(share))
        assert distance([start[cell] for cell in ids], exact) < tolerance(len(ids))
        assert distance([end[cell] - start[cell] for cell in ids], exact) < tolerance(len(ids))


@pytest.mark.req("J-18")
def test_a_period_is_closed_once_and_only_when_it_is_over(world: World) -> None:
    anonymous.open_periods(NOW)
    assert anonymous.close_periods(DECEMBER - timedelta(minutes=1)) == 1  # Lakeshore is an hour ahead
    assert anonymous.close_periods(DECEMBER) == 1
    kept = dict(Cell.objects.values_list("id", "value"))
    assert set(Cell.objects.values_list("closed", flat=True)) == {True}
    assert anonymous.close_periods(DECEMBER + timedelta(days=400)) == 0
    assert dict(Cell.objects.values_list("id", "value")) == kept


@pytest.mark.req("J-18")
def test_a_contact_after_the_end_counts_in_the_next_period(world: World) -> None:
    count(world.pine)
    november = values(world.pine)
    count(world.pine, now=DECEMBER)
    assert set(Cell.objects.values_list("period", flat=True)) == {date(2026, 11, 1), date(2026, 12, 1)}
    assert dict(Cell.objects.filter(period=date(2026, 11, 1)).values_list("key", "value")) == november


def test_a_clock_set_back_after_closing_does_not_reopen_a_period(world: World) -> None:
    count(world.pine)
    anonymous.close_periods(DECEMBER)
    closed = dict(Cell.objects.filter(organisation=world.pine).values_list("id", "value"))
    count(world.pine, now=NOW)
    assert dict(Cell.objects.filter(id__in=closed).values_list("id", "value")) == closed
    assert set(Cell.objects.filter(closed=False).values_list("period", flat=True)) == {date(2026, 12, 1)}


def test_categories_added_later_join_the_running_period_at_noise(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    count(world.pine)
    Cell.objects.filter(key="topic.several").delete()
    count(world.pine)
    assert set(values(world.pine)) == set(KEYS)


@pytest.mark.req("D-17", "J-18")
def test_a_retired_category_keeps_what_was_counted_and_starts_no_new_cell(world: World) -> None:
    """As after an update in the middle of a period: the cell is there and closes with the others."""
    count(world.pine)
    period = Cell.objects.filter(organisation=world.pine).first()
    assert period is not None
    old = Cell.objects.create(
        organisation=world.pine, period=period.period, length=period.length, key="outcome.emergency_exception", value=3
    )
    with pytest.raises(rules.UnknownKey):
        count(world.pine, contact=rules.Contact(True, "talk", "phone", "incident", "emergency_exception"))
    count(world.pine, contact=rules.Contact(True, "talk", "phone", "incident", "exception_danger"))
    old.refresh_from_db()
    assert (old.value, old.closed) == (3, False)
    anonymous.close_periods(DECEMBER)
    anonymous.open_periods(DECEMBER)
    old.refresh_from_db()
    assert old.closed
    assert "outcome.emergency_exception" not in values(world.pine)
    assert {"outcome.exception_danger", "outcome.exception_consent"} <= set(values(world.pine))


def test_an_unknown_category_counts_nothing(world: World) -> None:
    anonymous.open_periods(NOW)
    before = values(world.pine)
    with pytest.raises(rules.UnknownKey):
        count(world.pine, contact=rules.Contact(True, "talk", "phone", "depression", "referral"))
    assert values(world.pine) == before


@pytest.mark.req("J-18", "K-35")
def test_after_a_restore_running_periods_begin_again_and_closed_ones_stay(world: World) -> None:
    october = datetime(2026, 10, 10, tzinfo=UTC)
    count(world.pine, now=october)
    anonymous.close_periods(NOW)
    closed = dict(Cell.objects.filter(closed=True).values_list("id", "value"))
    count(world.pine)
    running = set(Cell.objects.filter(closed=False).values_list("id", flat=True))
    anonymous.start_again(NOW)
    assert dict(Cell.objects.filter(closed=True).values_list("id", "value")) == closed
    assert running.isdisjoint(Cell.objects.values_list("id", flat=True))
    assert set(values(world.pine)) == set(KEYS)


@pytest.mark.req("J-18")
@pytest.mark.django_db(transaction=True)
def test_counting_and_closing_at_the_same_time_loses_and_doubles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "draw", lambda shares: [0] * len(shares))
    hall = make_organisation("hall", "Hall", "UTC", "Station")
    anonymous.open_periods(NOW)
    start = threading.Barrier(5)
    failed: list[BaseException] = []

    def work(job: Any) -> None:
        try:
            start.wait(10)
            for _ in range(10):
                job()
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    jobs = [
        lambda: count(hall, now=DECEMBER - timedelta(days=1)),
        lambda: count(hall, now=DECEMBER - timedelta(days=1)),
        lambda: count(hall, now=DECEMBER),
        lambda: anonymous.close_periods(DECEMBER),
        lambda: anonymous.open_periods(DECEMBER),
    ]
    workers = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert failed == []
    totals = {key: sum(Cell.objects.filter(key=key).values_list("value", flat=True)) for key in KEYS}
    assert totals["pair.first"] == totals["topic.leadership"] == 30
    assert sum(totals.values()) == 5 * 30
    assert Cell.objects.filter(period=date(2026, 11, 1), closed=False).count() == 0


@pytest.mark.req("J-19", "K-21", "E-25", "J-18")
def test_cells_relate_to_nothing_but_an_organisation_and_hold_no_date_finer_than_a_month() -> None:
    fields = {field.name: field for field in Cell._meta.local_concrete_fields}
    assert set(fields) == {"id", "organisation", "period", "length", "key", "value", "closed"}
    related = [field for field in fields.values() if field.is_relation]
    assert [field.related_model for field in related] == [Organisation]
    dates = [field for field in fields.values() if isinstance(field, models.DateField)]
    assert [(field.name, type(field)) for field in dates] == [("period", models.DateField)]


@pytest.mark.req("J-18")
def test_every_period_begins_on_the_first_of_a_month(world: World) -> None:
    for day in range(0, 700, 23):
        count(world.pine, now=NOW + timedelta(days=day))
    assert {period.day for period in Cell.objects.values_list("period", flat=True)} == {1}
