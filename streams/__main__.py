"""`python -m streams` is the command `crmpulse`."""

from streams.cli import main

main()
