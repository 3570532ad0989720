"""Text and lists as data: guides, messages, packs, hotlines, the registers of roles and kept data. Free of Django.

Loaded once; the language is an argument; keys are append-only, because tallies and sealed payloads refer to them.
"""
