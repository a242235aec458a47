"""A client that makes a new TCP connection every 25 ms. usage: fresh-connections.py ADDRESS PORT

Each good answer is printed as `SECONDS-SINCE-EPOCH HOST`. Connections do not wait for each other, so a dead one hides nothing;
each is given up before TCP tries again (1 s). Ends with its standard input.
"""

import asyncio
import sys
import time

EVERY = 0.025
PATIENCE = 0.9


async def ask(address, port):
    reader, writer = await asyncio.open_connection(address, port)
    try:
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        head, _, host = (await reader.read()).partition(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.0 200") and host:
            print(f"{time.time():.4f} {host.decode()}", flush=True)
    finally:
        writer.close()


async def try_once(address, port):
    try:
        await asyncio.wait_for(ask(address, port), PATIENCE)
    except (OSError, asyncio.TimeoutError):
        pass  # No answer: the gap between the answers shows it.


async def main(address, port):
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    running = set()
    due = time.monotonic()
    while not ended.done():
        task = asyncio.create_task(try_once(address, port))
        running.add(task)
        task.add_done_callback(running.discard)
        due = max(due + EVERY, time.monotonic())
        await asyncio.sleep(due - time.monotonic())


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
