"""Makes of each person's words the first member of their ring; their wraps stay as they are.

Such a ring has no MAC yet: the first device that unlocks with the words makes one.
"""

from django.db import migrations


def carry_over(apps, schema_editor):
    rings, recipients = apps.get_model("sealing", "KeyRing"), apps.get_model("sealing", "WrapRecipient")
    wraps = apps.get_model("sealing", "KeyWrap")
    for words in apps.get_model("sealing", "WordsRecipient").objects.iterator():
        ring = rings.objects.create(
            person_id=words.person_id,
            listed=f"alongside ring v1\nwords - {words.recipient}\n",
            warned_for=words.warned_for,
        )
        recipient = recipients.objects.create(ring=ring, name="words")
        wraps.objects.filter(key__person_id=words.person_id).update(recipient=recipient)
    # A wrap without words on record can be opened by nobody.
    wraps.objects.filter(recipient=None).delete()


def carry_back(apps, schema_editor):
    words = apps.get_model("sealing", "WordsRecipient")
    for ring in apps.get_model("sealing", "KeyRing").objects.iterator():
        _head, first, *_others = ring.listed.split("\n")
        words.objects.create(person_id=ring.person_id, recipient=first.split(" ")[2], warned_for=ring.warned_for)
    apps.get_model("sealing", "KeyWrap").objects.exclude(recipient__name="words").delete()


class Migration(migrations.Migration):
    dependencies = [("sealing", "0002_rings")]
    operations = [migrations.RunPython(carry_over, carry_back)]
