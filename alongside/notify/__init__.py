"""Neutral notices to an address: e-mail over SMTP, everything else over Apprise.

Words: a *notice* is one neutral text for one address, waiting in the outbox until a channel took it over.
It knows addresses and message keys, never people, and never says what it is about (K-36). `about` is the random id of
the thing it belongs to, so that closing that thing forgets its notices too.
"""
