"""Journeys across domains; nothing is mocked."""
