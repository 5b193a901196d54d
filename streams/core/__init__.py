"""The pure core: state and event in, state and outputs out. No I/O, no clock, no randomness; time is an argument."""
