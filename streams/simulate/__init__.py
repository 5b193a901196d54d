"""A seeded, realistic sales organisation: as event files, onto Kafka, or live by a scaled clock."""

from streams.simulate.kafka import Sender, produce
from streams.simulate.live import ScaledClock, live
from streams.simulate.mess import MALFORMATIONS, Malformation, messy
from streams.simulate.scale import Scale
from streams.simulate.simulation import simulate

__all__ = ["MALFORMATIONS", "Malformation", "Scale", "ScaledClock", "Sender", "live", "messy", "produce", "simulate"]
