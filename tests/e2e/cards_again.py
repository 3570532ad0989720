"""Gives the demonstration's supporters their cards again, with those that a test took away: `python -m`."""

import django

django.setup()

from alongside.site.demo import cards  # noqa: E402

if __name__ == "__main__":
    cards.fill()
