"""Cards: what a supporter chose to show in the directory."""

from django.db import models

from alongside.kernel import ids


class Card(models.Model):
    """What everybody may see of a supporter who agreed to it, and, sealed, what only holders of the poster can open.

    `reference` is drawn anew by the device each time it seals. Keys of choices are those of content/cards.toml; `over`
    names the offices that the supporter leads, so that somebody of them can leave out their chain of command.
    `bound_to` is the vouching key that the details were sealed together with: beside another one they do not open.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    consent = models.OneToOneField("team.Consent", on_delete=models.CASCADE, related_name="+")
    reference = models.BinaryField(max_length=16, unique=True)
    discipline = models.CharField(max_length=20)
    band = models.CharField(max_length=20)
    office_shown = models.BooleanField()
    languages = models.JSONField()
    gender = models.CharField(max_length=20, blank=True)
    tags = models.JSONField()
    channels = models.JSONField()
    over = models.JSONField()
    sealed_name = models.BinaryField(null=True)
    sealed_details = models.BinaryField(null=True)
    bound_to = models.BinaryField(null=True, max_length=32)
