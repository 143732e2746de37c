"""Sends PATCH requests as a script of one's own would: patches.py aiohttp|requests URL HOW_MANY IN_FLIGHT [CA_FILE]

Prints requests a second and the processor time of one, in microseconds. Every answer must be 204.
"""

import asyncio
import itertools
import resource
import ssl
import sys
import time

library, url, total, in_flight = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
ca_file = sys.argv[5] if len(sys.argv) > 5 else None
numbers = itertools.count()
confirmed = 0


def body(i):
    return (
        '{"active":true,"country":"Germany","last_seen":"2026-11-01T12:00:00Z","plan":"enterprise",'
        f'"score":{i % 10007 / 16},"tags":"|sport|tech-{i % 100}|travel|","visits":{i * 7919 % 100000}}}'
    ).encode()


def headers(i):
    return {
        "content-type": "application/json",
        "x-project-uid": "6400000000000000000000ab",
        "x-cs-personalize-user-uid": f"user-{i:09}",
    }


async def with_aiohttp():
    import aiohttp

    context = ssl.create_default_context(cafile=ca_file) if ca_file else True

    async def worker(session):
        global confirmed
        for i in numbers:
            if i >= total:
                return
            async with session.patch(url, data=body(i), headers=headers(i)) as answer:
                await answer.read()
                confirmed += answer.status == 204

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight, ssl=context)) as session:
        await asyncio.gather(*[worker(session) for _ in range(in_flight)])


def with_requests():
    global confirmed
    import requests

    session = requests.Session()
    session.trust_env = False
    session.verify = ca_file or True
    for i in range(total):
        confirmed += session.patch(url, data=body(i), headers=headers(i)).status_code == 204


def processor_time():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


start, used = time.monotonic(), processor_time()
if library == "aiohttp":
    asyncio.run(with_aiohttp())
else:
    with_requests()
if confirmed != total:
    sys.exit(f"{confirmed} of {total} answers were 204")
print(f"{total / (time.monotonic() - start):.0f} {(processor_time() - used) / total * 1e6:.0f}")
