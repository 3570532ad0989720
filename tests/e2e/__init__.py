"""Journeys in a real browser against a running server. Nothing is mocked here."""
