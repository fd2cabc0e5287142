"""What a mechanism can sense: a signal of training becomes a number that is 0 at rest."""
