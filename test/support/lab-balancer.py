"""Plays a network load balancer of AWS, whose data path moto does not imitate.

lab-balancer.py URL ADDRESS PORT   passes TCP on, in turn, to the healthy targets that AWS's imitation at URL has for its load
                                   balancers' listeners on PORT; prints "CLIENT TARGET" for each connection

As AWS's own with IP targets and without preserved client addresses: targets see the balancer as the client, and a target
is healthy while its /readyz answers 200.
"""

import asyncio
import itertools
import ssl
import sys

import boto3

URL, ADDRESS, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
ELB = boto3.client("elbv2", region_name="us-west-2", endpoint_url=URL, **keys)
# As AWS's health checks: no certificate is verified.
TLS = ssl.create_default_context()
TLS.check_hostname, TLS.verify_mode = False, ssl.CERT_NONE
healthy = []
turn = itertools.count()


def targets():
    for balancer in ELB.describe_load_balancers()["LoadBalancers"]:
        listeners = ELB.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        for listener in (found for found in listeners if found["Port"] == PORT):
            group = listener["DefaultActions"][0]["TargetGroupArn"]
            for found in ELB.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]:
                yield found["Target"]["Id"], found["Target"]["Port"]


async def is_healthy(target):
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(*target, ssl=TLS)
            writer.write(b"GET /readyz HTTP/1.0\r\n\r\n")
            line = await reader.readline()
            writer.close()
            return b" 200 " in line
    except (OSError, TimeoutError):
        return False


async def watch_health():
    while True:
        found = await asyncio.to_thread(lambda: list(targets()))
        states = await asyncio.gather(*map(is_healthy, found))
        healthy[:] = [target for target, state in zip(found, states) if state]
        await asyncio.sleep(0.5)


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def serve(reader, writer):
    client = writer.get_extra_info("peername")[0]
    for _ in range(len(healthy)):
        target = healthy[next(turn) % len(healthy)]
        try:
            there = await asyncio.open_connection(*target)
        except OSError:
            continue
        print(client, target[0], flush=True)
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))
        there[1].close()
        break
    writer.close()


async def main():
    watching = asyncio.create_task(watch_health())
    server = await asyncio.start_server(serve, ADDRESS, PORT)
    await asyncio.gather(watching, server.serve_forever())


asyncio.run(main())
