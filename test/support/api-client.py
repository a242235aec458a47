"""A client that asks an API server for its version ten times a second, each time over a new TLS connection.
usage: api-client.py ADDRESS PORT

Each request is printed as `SECONDS-SINCE-EPOCH ok` or `SECONDS-SINCE-EPOCH WHY`, when it ends. Requests do not wait for each
other. Ends with its standard input.
"""

import asyncio
import ssl
import sys
import time

EVERY = 0.1
PATIENCE = 2.0

CONTEXT = ssl.create_default_context()
CONTEXT.check_hostname = False
CONTEXT.verify_mode = ssl.CERT_NONE


async def ask(address, port):
    reader, writer = await asyncio.open_connection(address, port, ssl=CONTEXT)
    try:
        writer.write(b"GET /version HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n")
        return (await reader.readline()).decode().strip()
    finally:
        writer.close()


async def attempt(address, port):
    try:
        line = await asyncio.wait_for(ask(address, port), PATIENCE)
        why = "ok" if " 200 " in line else line or "no answer"
    except Exception as error:
        why = str(error) or type(error).__name__
    print(f"{time.time():.4f} {why}", flush=True)


async def main(address, port):
    loop = asyncio.get_running_loop()
    ended = loop.run_in_executor(None, sys.stdin.read)
    tasks = set()
    while not ended.done():
        task = asyncio.ensure_future(attempt(address, port))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        await asyncio.sleep(EVERY)
    await asyncio.gather(*tasks)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
