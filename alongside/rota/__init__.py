"""Shifts: who is on call, in two tiers, entered by hand in this part.

Words: a *shift* is a span of on-call duty of one supporter in one tier; tier 1 is primary, tier 2 backup; a *gap* is
a span in which a tier has nobody. Published shifts name two different people in every minute; gaps are listed, never
papered over.
"""
