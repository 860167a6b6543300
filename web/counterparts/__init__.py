"""Banks and buyers looking at the firms recommended to them."""
