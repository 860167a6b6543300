"""On the clock: what runs without a person asking."""
