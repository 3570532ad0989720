"""Sealed requests, the messages that go with them, and reply boxes.

Words: a *request* is an envelope nobody here can open, on its ladder; a *message* is what the member writes back,
sealed too; a *reply box* holds sealed replies under an address that only the member's device can name, and points at
nothing. Closing a request deletes it. It never knows who asked, and never keeps what was said.
"""
