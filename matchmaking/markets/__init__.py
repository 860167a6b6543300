"""Each market declared in one place: its facts, gates, components and weights."""
