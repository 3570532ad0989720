"""What Pine County entered beside its law pack: the offices that take reports. Their numbers are invented."""

from alongside.accounts.models import Organisation
from alongside.kernel import clock
from alongside.policy.models import LawChoice

OFFICES = {"number:child": "+1 218 555 0142", "number:adult": "+1 218 555 0143"}


def fill(pine: Organisation) -> None:
    """Enter the numbers."""
    for version, (key, number) in enumerate(OFFICES.items(), 1):
        LawChoice.objects.create(
            organisation=pine,
            pack=pine.pack,
            key=key,
            value=number,
            version=version,
            changed_at=clock.now().replace(microsecond=0),
        )
