"""Tables of organisations, people, roles, invitations, contact points and audit entries."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from alongside.kernel import ids


class Organisation(models.Model):
    """An agency with its own programme; one deployment may host many."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    neutral_title = models.CharField(max_length=40)
    time_zone = models.CharField(max_length=60)
    language = models.CharField(max_length=5, default="en")
    on_call_number = models.CharField(max_length=30, blank=True)
    clinical_number = models.CharField(max_length=30, blank=True, default="", db_default="")
    clinical_hours = models.JSONField(null=True, blank=True)
    coordinator_number = models.CharField(max_length=30, blank=True, default="", db_default="")
    pack = models.CharField(max_length=40, default="generic-us")
    headcount = models.PositiveIntegerField(default=0)
    open = models.BooleanField(default=True)

    class Meta:
        ordering = ["slug"]


class Office(models.Model):
    """A part of an organisation that a member may leave out: a station, a jail, a district."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="offices")
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="office_once")]


class PersonManager(BaseUserManager["Person"]):
    """Looks people up by e-mail address, as the sign-in library asks it to."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """Somebody with a role in a team. When they last signed in is not kept.

    Between `quiet_from` and `quiet_to`, by the clock of their organisation, they want no notice that can wait.
    """

    last_login = None

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=5, default="en")
    is_active = models.BooleanField(default=True)
    quiet_from = models.TimeField(null=True)
    quiet_to = models.TimeField(null=True)

    objects = PersonManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name"]


class Role(models.Model):
    """One role of one person; an operator's belongs to no organisation."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="roles")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="roles", null=True)
    name = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "organisation", "name"], name="role_once"),
            models.CheckConstraint(
                condition=models.Q(name="operator", organisation=None)
                | (~models.Q(name="operator") & models.Q(organisation__isnull=False)),
                name="only_operators_stand_outside",
            ),
        ]


class ContactPoint(models.Model):
    """Where a person is alerted: an e-mail address, an Apprise address (SMS, voice, chat) or a browser's push
    subscription; tried in the order of `position`.

    A test notice carries a token, of which the SHA-256 is kept until it is used or `test_until` has come.
    """

    class Kind(models.TextChoices):
        EMAIL = "email"
        APPRISE = "apprise"
        PUSH = "push"

    class State(models.TextChoices):
        UNCONFIRMED = "unconfirmed"
        CONFIRMED = "confirmed"
        DEAD = "dead"

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    address = models.CharField(max_length=1000)
    position = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=12, choices=State.choices, default=State.UNCONFIRMED)
    test_hash = models.BinaryField(max_length=32, null=True, unique=True)
    test_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "kind", "address"]
        constraints = [models.UniqueConstraint(fields=["person", "kind", "address"], name="contact_point_once")]


class Invitation(models.Model):
    """A one-time way in for a new person; only the hash of its token is kept."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", null=True)
    email = models.EmailField()
    name = models.CharField(max_length=80)
    roles = models.JSONField(default=list)
    office = models.ForeignKey(Office, on_delete=models.SET_NULL, related_name="+", null=True)
    token_hash = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(Person, on_delete=models.SET_NULL, related_name="+", null=True)
    expires_at = models.DateTimeField()


class AuditEntry(models.Model):
    """What a coordinator or operator changed. Never who read or asked what."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", null=True)
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, related_name="+", null=True)
    what = models.CharField(max_length=60)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
