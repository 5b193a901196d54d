"""Answers made of the read model: one function for each question of the API. Pure, like the model."""
