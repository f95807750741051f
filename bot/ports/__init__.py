"""What the core needs from the world: protocols, and the values that cross them."""
