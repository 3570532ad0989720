"""The server's half of encryption, which cannot open anything.

Words: an *envelope* is an age file made in a browser for 12 or 24 recipients; a *receiving key* is a supporter's
public key for one week; a *wrap* is its private half, sealed on the supporter's device for their own 12 words.
Here envelopes are checked for their shape and keys are kept; there is no decrypting code and never will be.
"""
