"""Literature in: sources yield papers, readers find what they state, and that is kept in the graph with its evidence.

``pipeline`` is the way from one end to the other: papers of ``sources`` are kept (``arriving``, ``keeping``), read by the
files of ``extract``, and what they state is put between concepts of the graph (``statements``, ``ground``), on several cores
or machines at a time (``crew``, ``engines``). ``lexicon`` holds the names of concepts, written by hand; ``atlas`` the mappings
that ship with the package. ``http`` is the polite network, ``gold`` and ``score`` say how well reading works.
"""
