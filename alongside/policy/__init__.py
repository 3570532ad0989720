"""The versioned settings of a programme: every number and choice of the sources, typed, with bounds and a sentence.

Words: a *value* is one setting in force; its *sentence* is what screens and the handbook print. The code that
enforces a number and the page that promises it read the same value. Protocol constants are not policy (they are in
sealing.rules).
"""
