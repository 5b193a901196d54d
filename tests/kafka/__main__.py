"""`python -m tests.kafka`: a fresh broker in the foreground until Ctrl-C; KAFKA_PORT chooses the port (9092)."""

import os
import signal
import sys

from tests.kafka.broker import Broker, BrokerError, missing


def main() -> int:
    reason = missing()
    if reason is not None:
        print(f"no Kafka here: {reason}", file=sys.stderr)
        return 1
    port = os.environ.get("KAFKA_PORT") or "9092"
    if not port.isdecimal():
        print(f"KAFKA_PORT must be a port number, not {port!r}", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Broker(int(port)) as broker:
            print(f"Apache Kafka on {broker.bootstrap}, empty, gone with Ctrl-C", flush=True)
            broker.wait()
    except KeyboardInterrupt:
        return 0
    except BrokerError as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
