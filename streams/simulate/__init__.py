"""A seeded, realistic sales organisation: as event files or onto Kafka."""

from streams.simulate.kafka import Sender, produce
from streams.simulate.mess import MALFORMATIONS, Malformation, messy
from streams.simulate.scale import Scale
from streams.simulate.simulation import simulate

__all__ = ["MALFORMATIONS", "Malformation", "Scale", "Sender", "messy", "produce", "simulate"]
