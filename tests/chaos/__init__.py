"""The chaos run: real workers on a real Kafka, a nemesis among them, and in the end the figures of an undisturbed run.

`make chaos ROUNDS=n SEED=s` plays as many rounds as asked; tests/chaos/test_round.py plays a short one.
"""
