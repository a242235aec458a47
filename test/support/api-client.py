"""Ten requests a second for /livez over fresh TLS connections. Prints `START END ok|WHY` a request, in seconds since the epoch."""

import http.client
import ssl
import sys
import threading
import time

host, port = sys.argv[1], int(sys.argv[2])
context = ssl._create_unverified_context()
lock = threading.Lock()


def ask():
    start = time.time()
    try:
        connection = http.client.HTTPSConnection(host, port, timeout=5, context=context)
        connection.request("GET", "/livez")
        status = connection.getresponse().status
        outcome = "ok" if status in (200, 401, 403) else str(status)
        connection.close()
    except Exception as error:
        outcome = type(error).__name__
    with lock:
        print(f"{start:.3f} {time.time():.3f} {outcome}", flush=True)


stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stopped.set()), daemon=True).start()
due = time.monotonic()
while not stopped.is_set():
    threading.Thread(target=ask, daemon=True).start()
    due += 0.1
    time.sleep(max(0.0, due - time.monotonic()))
