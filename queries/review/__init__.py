"""Going through what readers are unsure of: the queue, what can be decided, and the terminal at which it is."""
