"""What the beginning of a path says about who asks (docs/decisions/0003), also to whoever looks before Django does."""

# A crisis asks nobody to sign in (D-14): below this pages are as for members, the same for everybody, no cookie read.
CRISIS = "/in/team/crisis/"
# A calendar programme signs nobody in: the address itself is the secret, and no cookie is read.
FEED = "/in/rota/"
# A browser looks for a newer service worker whether anybody is signed in or not.
WORKER = "/in/sw.js"


def is_signed_in(path: str) -> bool:
    """Say whether a path belongs to people with a role."""
    return path.startswith("/in/") and not path.startswith((CRISIS, FEED))


def is_open_to_all(path: str) -> bool:
    """Say whether a path below /in/ is answered without sign-in: the way in, a crisis, a calendar, the service
    worker.
    """
    return path.startswith(("/in/enter/", CRISIS, FEED)) or path in {WORKER, CRISIS.rstrip("/")}
