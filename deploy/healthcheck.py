"""The container's health check: `healthcheck.py PORT` exits 0 when /healthz there answers 200 within three seconds."""

import http.client
import sys

port = int(sys.argv[1])
# http.client and not urllib: a proxy in the container's environment must not be asked for the loopback.
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
try:
    connection.request("GET", "/healthz")
    status = connection.getresponse().status
except (OSError, http.client.HTTPException) as error:
    sys.exit(f"/healthz on port {port} does not answer: {error}")
if status != http.client.OK:
    sys.exit(f"/healthz on port {port} answered {status}")
