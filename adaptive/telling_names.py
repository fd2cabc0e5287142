"""What arms are called when races are told, and the words by which a prototype names the arms that would refute it."""

from __future__ import annotations

NAMES = {
    "sgd": "SGD with momentum", "adamw": "AdamW", "adamw_cosine": "AdamW with a cosine schedule", "nadamw": "NAdamW",
    "nesterov": "Nesterov SGD", "schedule_free_adamw": "schedule-free AdamW", "schedule_free_sgd": "schedule-free SGD",
    "sgd_one_cycle": "one-cycle SGD", "l2_init": "L2 Init", "shrink_perturb": "shrink and perturb", "ewc": "EWC", "snr": "SNR",
    "continual_backprop": "continual backpropagation", "upgd": "UPGD", "redo": "ReDo", "synaptic_intelligence":
    "synaptic intelligence", "idbd": "IDBD", "prodigy": "Prodigy", "adagrad": "Adagrad", "rmsprop": "RMSprop",
    "sgd_hypergradient": "hypergradient SGD", "adam_hypergradient": "hypergradient Adam",
    "pbt": "population based training", "mas": "online MAS", "d_adaptation": "D-Adaptation", "stress_aware":
    "stress-aware learning", "multiplicative_hypergradient": "multiplicative hypergradient SGD",
    "off": "itself switched off", "bare": "itself switched off at the same settings",
    "yoked": "a replay of another run's response", "shuffled": "its response shuffled in time",
    "constant": "its average response held throughout",
}  # fmt: skip
"""Arms that people call otherwise than their file."""
REFUTERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"random times|shuffled (in time|order)", ("shuffled",)),
    (r"same mean\b(?! decay)|time average|at all times|at its mean|constant bar|noise without adaptation", ("constant",)),
    (r"constant rate(?! at the)|at its tuned rate|or none does", ("off",)),
    (r"hypergradient", ("sgd_hypergradient", "multiplicative_hypergradient", "adam_hypergradient")),
    (r"(?i)synaptic intelligence", ("synaptic_intelligence",)),
    (r"EWC", ("ewc",)), (r"UPGD", ("upgd",)), (r"ReDo", ("redo",)), (r"L2 Init", ("l2_init",)),
    (r"shrinking and perturbing", ("shrink_perturb",)),
)  # fmt: skip
"""What a prototype may name as its refutation, and the arms that are just that."""
