"""How fast and how safe, as medians and ratios of one run; a file a question: ``python -m benchmarks NAME...``."""
