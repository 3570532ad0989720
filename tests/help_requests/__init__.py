"""Tests of requests, messages and reply boxes."""
