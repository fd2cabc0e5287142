"""The command line and all that it answers: questions of the graph, suggestions, reviews, plots. Knows all other packages.

``cli`` finds the commands (``commands``, a file each), the questions (``ask``) and the plots (``plots``) by their files. A
command reads its options and prints (``show``); the work is done by plain functions. ``meaning`` and ``match`` lead from a
person's words to mappings, ``suggest`` to mappings that nobody has published, ``review`` through what a curator should decide
on; ``demo`` holds what ``exapt demo`` reads.
"""
