"""What a coordinator types about a number that they called."""

from typing import Any

from tests.world import NOW


def call(**change: Any) -> dict[str, Any]:
    """Return the form of a test call of COPLINE, today."""
    typed = {
        "dial": "1 800 267-5463",
        "sms": "",
        "site": "https://www.copline.org/",
        "groups": ["outside", "family"],
        "needs": ["talk", "family"],
        "languages": ["en"],
        "name_en": "COPLINE",
        "who_en": "Law enforcement and families",
        "hours_en": "Any hour",
        "cost_en": "Free",
        "limits_en": "Danger to a life",
        "steps_en": "",
        "name_fr": "COPLINE",
        "who_fr": "Services policiers et familles",
        "hours_fr": "",
        "called_on": NOW.date().isoformat(),
        "answered": "on",
        "confirmed": ["hours", "cost"],
    }
    return {key: value for key, value in {**typed, **change}.items() if value is not None}


def own(**change: Any) -> dict[str, Any]:
    """Return the form of an entry of the organisation's own."""
    typed = {
        "dial": "(218) 555-0142",
        "groups": ["care"],
        "languages": ["en"],
        "name_en": "Northwoods",
        "who_en": "Everybody at work here",
    }
    return {key: value for key, value in {**typed, **change}.items() if value is not None}
