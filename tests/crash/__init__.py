"""Dying at every point: `crmpulse` with a plan for its end, chains of such workers, and what they leave."""
