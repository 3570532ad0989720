"""Supporters as members see them, and what the browser needs to match and seal.

Words: a *candidate* is a supporter who may be on a ladder now; a *candidate list* is one cacheable file with their
public keys, valid for a stated time and named by a random id. No name, number or picture is in it.
"""
