"""What a mechanism can act on: its response changes one quantity of the optimizer's step."""
