"""Changes to who serves. Access follows the state at once: every ladder, list and rota asks `queries.eligible_at`
anew.
"""

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db import transaction

from alongside.accounts import actions as accounts
from alongside.accounts import queries as people
from alongside.accounts.models import Invitation, Organisation, Person
from alongside.accounts.queries import Seat
from alongside.content import guides
from alongside.kernel import clock, months
from alongside.notify import actions as notify
from alongside.notify import rules as notices
from alongside.policy import queries as policy
from alongside.sealing import actions as sealing
from alongside.sealing import queries as keys
from alongside.team import queries, rules
from alongside.team.models import Asked, Consent, Ready, Supporter


class NotNow(ValueError):
    """The step does not fit the supporter's state: somebody who has ended cannot go on leave."""


# --- coming in ---------------------------------------------------------------------------------------------------


def invite(
    seat: Seat,
    *,
    organisation_id: uuid.UUID | None = None,
    email: str,
    name: str,
    roles: Iterable[str],
    office_id: uuid.UUID | None = None,
) -> str:
    """Invite somebody to the seat's organisation, or as operator to the one named; valid as long as policy says.

    Raises what accounts.actions.invite raises.
    """
    organisation = people.organisation(organisation_id) if organisation_id else seat.organisation
    office = next((one for one in people.offices_of(organisation) if one.id == office_id), None)
    values = policy.in_force(organisation.id)
    return accounts.invite(
        seat,
        organisation,
        email=email,
        name=name,
        roles=roles,
        office=office,
        valid_days=values.invitation_valid,
        most_a_day=values.invitations_per_day,
    )


@transaction.atomic
def accept_invitation(token: str, name: str, password: str | None, *, person_id: uuid.UUID | None = None) -> Person:
    """Accept an invitation; one to serve makes a supporter, who still has to sign the agreement and make keys.

    Takes and raises what accounts.actions.accept_invitation does.
    """
    invitation = people.invitation(token, clock.now())
    person = accounts.accept_invitation(token, name, password, person_id=person_id)
    _serve(person, invitation)
    return person


@transaction.atomic
def join(person: Person, token: str) -> None:
    """Take up an invitation with an account in use. Raises what accounts.actions.join raises."""
    invitation = people.invitation(token, clock.now())
    accounts.join(person, token)
    _serve(person, invitation)


def _serve(person: Person, invitation: Invitation | None) -> None:
    if invitation and invitation.organisation_id and "supporter" in invitation.roles:
        _make(person.id, invitation.organisation_id, invitation.office_id)


@transaction.atomic
def let_enrol_again(seat: Seat, person_id: uuid.UUID, organisation: Organisation) -> Person:
    """Take sign-in, sessions and keys from somebody who lost their device, and send a link to enrol anew; what they
    are in the team stays. Raises what accounts.actions.start_afresh raises.
    """
    accounts.hold(organisation.id)
    days = policy.in_force(organisation.id).invitation_valid
    person = accounts.start_afresh(seat, person_id, organisation, valid_days=days)
    sealing.drop_keys(person_id)
    return person


@transaction.atomic
def designate(seat: Seat, person: Person, office_id: uuid.UUID | None) -> Supporter:
    """Make a person of the organisation a supporter, without agreement or keys yet. Raises accounts.rules.RolesApart
    (M-03).
    """
    accounts.give_role(seat, person, "supporter")
    return _make(person.id, seat.organisation.id, office_id)


def _make(person_id: uuid.UUID, organisation_id: uuid.UUID, office_id: uuid.UUID | None) -> Supporter:
    """Make a supporter, or take somebody back whose service had ended: a new beginning, the agreement is signed
    again.
    """
    today = clock.now().date()
    made, new = Supporter.objects.get_or_create(
        organisation_id=organisation_id,
        person_id=person_id,
        defaults={"office_id": office_id, "designated_on": today},
    )
    if not new and made.status == Supporter.Status.ENDED:
        made.status, made.ended_on, made.designated_on = Supporter.Status.ACTIVE, None, today
        made.agreement_version, made.agreed_on, made.office_id = 0, None, office_id
        made.save()
        # Every way to reach them went when they left: what was checked then says nothing of now (D-03).
        Ready.objects.filter(supporter=made).update(phone_checked_on=None, phone_issued=False, data_issued=False)
    return made


# --- serving -----------------------------------------------------------------------------------------------------


def sign_agreement(supporter_id: uuid.UUID) -> None:
    """Write down that a supporter signed the version of the agreement in force, and the day (C-15). Raises NotNow."""
    changed = (
        Supporter.objects.filter(id=supporter_id)
        .exclude(status=Supporter.Status.ENDED)
        .update(
            agreement_version=guides.agreement_version(),
            agreed_on=clock.now().date(),
        )
    )
    if changed != 1:
        raise NotNow


@transaction.atomic
def go_on_leave(supporter_id: uuid.UUID) -> None:
    """Put a supporter on leave at once, in one step, without a reason and without a record (C-18); their card in the
    directory goes with it. Raises NotNow.
    """
    _move(supporter_id, Supporter.Status.ACTIVE, Supporter.Status.ON_LEAVE)
    withdraw_consent(supporter_id)
    _stop_calling(Supporter.objects.get(id=supporter_id))


def consent(supporter_id: uuid.UUID) -> Consent:
    """Write down that a supporter agrees to be shown; the same row again when they had. Raises NotNow while they are
    not active.
    """
    # Held, so that going on leave at this instant comes before or after, never between.
    row = (
        Supporter.objects.select_for_update(no_key=True).filter(id=supporter_id, status=Supporter.Status.ACTIVE).first()
    )
    if row is None:
        raise NotNow
    return Consent.objects.get_or_create(supporter=row)[0]


def withdraw_consent(supporter_id: uuid.UUID) -> None:
    """Take back the consent to be shown, and with it whatever was."""
    Consent.objects.filter(supporter_id=supporter_id).delete()


def _stop_calling(supporter: Supporter) -> None:
    """Take back the calls that have not gone out yet.

    A call does not say for which organisation it is: who serves in another one keeps theirs, and so does whoever else
    has the same address. One call too many does less harm than one too few.
    """
    if not queries.serves_elsewhere(supporter):
        addresses = [address for _kind, address in people.own_addresses_of(supporter.person_id)]
        notify.forget_addresses(addresses, notices.CALLS)


def come_back(supporter_id: uuid.UUID) -> None:
    """End a supporter's leave at once (C-18). Raises NotNow."""
    _move(supporter_id, Supporter.Status.ON_LEAVE, Supporter.Status.ACTIVE)


def _move(supporter_id: uuid.UUID, before: str, after: str) -> None:
    """Change the state in one statement; being there already is fine, so that a second tap does no harm."""
    if Supporter.objects.filter(id=supporter_id, status=before).update(status=after) == 1:
        return
    if not Supporter.objects.filter(id=supporter_id, status=after).exists():
        raise NotNow


@transaction.atomic
def end(seat: Seat, supporter_id: uuid.UUID) -> None:
    """End a supporter's service: access ends at once (C-17).

    The role goes and with it every open session; keys and wraps are deleted, so nothing more can be sealed to or
    opened by them. Shifts stay and show as gaps. Raises queries.NotASupporter for an id of another organisation,
    NotNow when ended already.
    """
    # Held, so that nobody signs for somebody who leaves in the same instant.
    accounts.hold(seat.organisation.id)
    supporter = queries.supporter_in(seat.organisation.id, supporter_id)
    changed = (
        Supporter.objects.filter(id=supporter.id)
        .exclude(status=Supporter.Status.ENDED)
        .update(status=Supporter.Status.ENDED, ended_on=clock.now().date())
    )
    if changed != 1:
        raise NotNow
    withdraw_consent(supporter.id)
    if not queries.serves_elsewhere(supporter):
        sealing.drop_keys(supporter.person_id)
    sealing.drop_certificate(seat.organisation.id, supporter.person_id)
    _stop_calling(supporter)
    accounts.revoke(seat, supporter.person_id, seat.organisation, "supporter")


def warn_of_keys(now: datetime) -> int:
    """Tell each active supporter, once, that their receiving keys run out within the days of policy (K-34).

    Return how many were told.
    """
    told = 0
    active = Supporter.objects.filter(status=Supporter.Status.ACTIVE).select_related("person")
    last_weeks = keys.last_weeks([row.person_id for row in active])
    for organisation_id, rows in groupby(active.order_by("organisation_id"), lambda row: row.organisation_id):
        warning = policy.in_force(organisation_id).key_warning
        for row in rows:
            last_week = last_weeks.get(row.person_id)
            left = rules.days_to_warn_of(last_week, now.date(), warning)
            if left is not None and last_week is not None:
                told += _warn(row.person, last_week, left, now)
    return told


@transaction.atomic
def _warn(person: Person, last_week: date, left: int, now: datetime) -> bool:
    if not sealing.claim_warning(person.id, last_week):
        return False
    notify.queue(
        about=None,
        to=people.addresses_of(person.id),
        message="keys_soon",
        language=person.language,
        values={"days": left},
        now=now,
        due_at=people.after_quiet(person, now),
        expires_at=now + timedelta(days=left),
    )
    return True


# --- ready for duty ----------------------------------------------------------------------------------------------


@transaction.atomic
def set_ready(
    seat: Seat,
    supporter_id: uuid.UUID,
    *,
    crisis_trained_on: date | None,
    phone_checked_on: date | None,
    phone_issued: bool,
    data_issued: bool,
) -> None:
    """Write down what readies a supporter for duty (D-03, D-12, B-39). Raises queries.NotASupporter, NotNow for one
    who has ended.
    """
    supporter = queries.supporter_in(seat.organisation.id, supporter_id)
    if queries.held(seat.organisation.id, supporter_id).status == Supporter.Status.ENDED:
        raise NotNow
    facts = {
        "crisis_trained_on": crisis_trained_on,
        "phone_checked_on": phone_checked_on,
        "phone_issued": phone_issued,
        "data_issued": data_issued,
    }
    Ready.objects.update_or_create(supporter=supporter, defaults=facts)
    accounts.note_change(seat, "ready.changed", {"name": supporter.person.name})


# --- asked to tell -----------------------------------------------------------------------------------------------


@transaction.atomic
def was_asked(seat: Seat, office_id: uuid.UUID | None) -> None:
    """Note that this month somebody asked a supporter to tell; once, however often it is said (B-35).

    Raises rules.NotOurOffice for the office of another organisation.
    """
    organisation = seat.organisation
    if office_id is not None and office_id not in {one.id for one in people.offices_of(organisation)}:
        raise rules.NotOurOffice
    month = months.start_of("month", clock.now(), organisation.time_zone)
    Asked.objects.bulk_create(
        [Asked(organisation_id=organisation.id, office_id=office_id, month=month)], ignore_conflicts=True
    )


def acknowledge_asked(organisation_id: uuid.UUID, asked_id: uuid.UUID) -> bool:
    """Forget that an ask happened, once the coordinator has seen to it; False when there is none such here."""
    return Asked.objects.filter(organisation_id=organisation_id, id=asked_id).delete()[0] > 0


def purge_asked(now: datetime) -> int:
    """Forget what nobody has seen to in the days of policy after its month; return how many rows."""
    gone = 0
    for organisation_id, month in list(Asked.objects.values_list("organisation_id", "month").distinct()):
        kept = policy.in_force(organisation_id).asked_kept
        if now.date() > months.after("month", month) + timedelta(days=kept):
            gone += Asked.objects.filter(organisation_id=organisation_id, month=month).delete()[0]
    return gone
