"""What a candidate has to beat: each file here is a well-known optimizer with search ranges, tuned as long as the candidate.

A baseline file holds ``DESCRIPTION``, ``KNOBS`` (its search ranges, ``lr`` among them) and ``build(params, *, lr, …)``.
"""
