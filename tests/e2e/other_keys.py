"""Leaves a supporter's card as it is when they have made other keys since they saved it: `python -m … NAME`."""

import os
import sys

import django

django.setup()

from alongside.directory.models import Card  # noqa: E402
from alongside.site.demo.cards import seal  # noqa: E402

if __name__ == "__main__":
    card = Card.objects.get(consent__supporter__person__name=sys.argv[1])
    first, before = sys.argv[1].split()[0], os.urandom(32)
    sealed = seal(first, {"name": first, "phone": "218 555 9988", "email": "", "picture": ""}, before)
    facts = {"reference": sealed.reference, "sealed_name": sealed.name, "sealed_details": sealed.details}
    Card.objects.filter(id=card.id).update(bound_to=before, **facts)
