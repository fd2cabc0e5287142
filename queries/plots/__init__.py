"""One file per plot: ``QUESTION`` (its help), ``PARAMS``, ``numbers(view) -> Answer`` and ``draw(figure, answer)``."""
