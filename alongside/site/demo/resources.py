"""Outside help and briefings of Pine County. The local numbers are invented and lead nowhere."""

from collections.abc import Iterable
from datetime import timedelta

from alongside.accounts.models import Office, Organisation, Person
from alongside.content import resources as content
from alongside.content.load import LANGUAGES
from alongside.directory.models import ListedResource
from alongside.kernel import clock
from alongside.programme.models import Acknowledgement, Briefing, OwnUnit

VALID = 180
ANY_HOUR = {"hours": "Any hour, every day", "cost": "Free"}
ANY_HOUR_FR = {"hours": "À toute heure, tous les jours", "cost": "Gratuit"}
ASK = "They have rules of their own. Ask them first."
ASK_FR = "La ligne a ses propres règles. Posez la question d’abord."
# What the coordinator of the demonstration called, and how many days ago.
CALLED = {"copline": 20, "samhsa": 160, "crisis-text-us": 190}
# Of each: days since the call, number, headings, needs, languages spoken, and what is said in English and French.
Own = tuple[int, str, tuple[str, ...], tuple[str, ...], tuple[str, ...], dict[str, str], dict[str, str]]
OWN: tuple[Own, ...] = (
    (
        9,
        "+12185550142",
        ("care", "family"),
        ("treatment", "talk", "family", "daily"),
        ("en",),
        {
            "name": "Northwoods Employee Assistance",
            "who": "Everybody who works for Pine County, and who lives with them.",
            "hours": "Weekdays 8 to 20; at night a nurse answers",
            "cost": "Six talks a year, paid by the county",
            "limits": "The county learns how many called, never who. They act when a life or a child is in danger.",
            "steps": "Say “first responder” at the start: somebody who knows the trade calls back in a day.",
        },
        {
            "name": "Aide aux employés Northwoods",
            "who": "Toute personne qui travaille pour Pine County, et les gens qui vivent avec elle.",
            "hours": "En semaine de 8 h à 20 h ; la nuit, une infirmière répond",
            "cost": "Six rencontres par année, payées par le comté",
            "limits": "Le comté sait combien appellent, jamais qui. On agit si une vie ou un enfant est en danger.",
            "steps": "Dites « premier répondant » au début : quelqu’un du métier rappelle en un jour.",
        },
    ),
    (
        33,
        "+12185550163",
        ("other", "outside"),
        ("talk", "incident"),
        ("en",),
        {
            "name": "Pastor Lind, chaplain",
            "who": "Anybody, of any faith or none.",
            "hours": "Any hour; leave a message at night",
            "cost": "Free",
            "limits": "Keeps what you say, as clergy do. Belongs to no agency.",
            "steps": "",
        },
        {
            "name": "Pasteur Lind, aumônerie",
            "who": "Toute personne, de toute foi ou sans foi.",
            "hours": "À toute heure ; laissez un message la nuit",
            "cost": "Gratuit",
            "limits": "Garde ce que vous dites, comme le clergé. Ne relève d’aucun employeur.",
            "steps": "",
        },
    ),
)


def fill(pine: Organisation) -> None:
    """Add what was called lately and long ago, two local numbers, and some briefings."""
    _called(pine)
    own(pine, OWN)
    _briefings(pine)


def _called(pine: Organisation) -> None:
    shipped = {one.key: one.entry for one in content.shipped()}
    for key, days in CALLED.items():
        facts = shipped[key].as_data()
        facts["said"]["en"] |= {**ANY_HOUR, "limits": ASK}
        facts["said"]["fr"] |= {**ANY_HOUR_FR, "limits": ASK_FR}
        _list(pine, key, facts, days)


def own(organisation: Organisation, entries: Iterable[Own]) -> None:
    """Add an organisation's own numbers, as its coordinator confirmed them."""
    for days, dial, groups, needs, languages, english, french in entries:
        said = dict(zip(LANGUAGES, (english, french), strict=True))
        facts = {"dial": dial, "groups": groups, "needs": needs, "languages": languages, "said": said}
        _list(organisation, "", content.Entry.of(facts).as_data(), days)


def _list(organisation: Organisation, key: str, facts: dict[str, object], days: int) -> None:
    on = clock.now().date() - timedelta(days=days)
    ListedResource.objects.create(
        organisation=organisation,
        key=key,
        facts=facts,
        confirmed=["hours", "cost", "who", "limits"],
        verified_on=on,
        verified_by="coordinator",
        expires_on=on + timedelta(days=VALID),
    )


def _briefings(pine: Organisation) -> None:
    manager = Person.objects.get(roles__organisation=pine, roles__name="manager")
    today = clock.now().date()
    offices = {one.name: one for one in Office.objects.filter(organisation=pine)}
    for name, days in (("Patrol", 24), ("Jail", 200), ("Dispatch", 170)):
        Briefing.objects.create(office=offices[name], held_on=today - timedelta(days=days), recorded_by=manager)
    for name in ("Patrol", "Jail"):
        OwnUnit.objects.create(person=manager, office=offices[name])
    Acknowledgement.objects.create(organisation=pine, person=manager, version=1, read_on=today - timedelta(days=90))
