import logging

from streams.agents.hush import Hush


def line(name: str, message: str) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "f.py", 1, message, ("x",), None)


def test_the_same_line_of_aiokafka_passes_once_in_a_while() -> None:
    now = [0.0]
    hush = Hush(5.0, lambda: now[0])
    away = line("aiokafka.client", "Unable connect to %s")
    assert [hush.filter(away) for _ in range(3)] == [True, False, False]
    assert hush.filter(line("aiokafka.client", "another %s"))
    assert hush.filter(line("aiokafka.consumer", "Unable connect to %s"))
    now[0] = 5.0
    assert hush.filter(away)


def test_lines_of_others_pass() -> None:
    hush = Hush()
    assert all(hush.filter(line("streams.agents", "same %s")) for _ in range(3))
