"""What all commands share: the end with a sentence, and the beginning of Django."""


class Stop(Exception):
    """The command cannot go on; the text says why and what to do."""


def set_up() -> None:
    """Make Django ready."""
    import django

    django.setup()
