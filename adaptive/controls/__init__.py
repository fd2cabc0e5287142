"""Shams that tell a mechanism from its side effects: each file here runs the candidate with its response tampered with.

A control file holds:

    DESCRIPTION          for people
    TUNED                True where the control gets trials of its own, False where it lives with the candidate's knobs
    REQUIRED             True where a candidate must beat it to be called better
    options(trajectory, generator) -> dict
                         what to tell the prototype's ``build``; ``trajectory`` is the response that the candidate produced
                         on another seed, (steps,) or (steps, tensors), empty for a tuned control; ``generator`` is the
                         control's own
"""
