"""Readers of a monitor, for Tests/load/measure.py: readers.py MONITOR LISTENERS REQUESTS

Listens to /events on many connections and asks /stats so many times a second, on 50 others that are kept open. Says `ready` once all
listen, goes on until its input ends, then says as JSON what came of it.
"""
import asyncio, json, sys, time
from urllib.parse import urlsplit

url, listeners, rate = urlsplit(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
count = dict(listening=0, events=0, lost=0, answers=0, wrong=0, late=0)
request = lambda path: f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode()


class Listener(asyncio.Protocol):
    # The statistics come once, and then each second what has changed in them.
    mark = b"event: change\n"

    def connection_made(self, transport):
        self.rest = b""
        self.listens = False
        self.transport = transport
        transport.write(request("/events"))

    def data_received(self, data):
        if not self.listens:
            if not data.startswith(b"HTTP/1.1 200"):
                # Those of the run before have their places until the monitor finds with its next word that they are gone.
                asyncio.get_running_loop().call_later(0.5, self.transport.write, request("/events"))
                return
            self.listens = True
            count["listening"] += 1
        data = self.rest + data
        count["events"] += data.count(self.mark)
        # One that came in two pieces; a whole one is longer than that.
        self.rest = data[-(len(self.mark) - 1):]

    def connection_lost(self, error):
        count["lost"] += 1


class Asker(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.data, self.waits = transport, b"", False

    def ask(self):
        if self.waits:
            count["late"] += 1
            return
        self.waits = True
        self.transport.write(request("/stats"))

    def data_received(self, data):
        self.data += data
        head = self.data.find(b"\r\n\r\n")
        if head < 0: return
        at = self.data.lower().find(b"content-length:", 0, head)
        if len(self.data) < head + 4 + int(self.data[at + 15:self.data.find(b"\r\n", at)]): return
        count["answers" if self.data.startswith(b"HTTP/1.1 200") else "wrong"] += 1
        self.data, self.waits = b"", False

    def connection_lost(self, error):
        count["lost"] += 1


async def main():
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    for _ in range(listeners): await loop.create_connection(Listener, url.hostname, url.port)
    clients = [(await loop.create_connection(Asker, url.hostname, url.port))[1] for _ in range(50)]
    while count["listening"] < listeners and not ended.is_set(): await asyncio.sleep(0.05)
    print("ready", flush=True)
    begin, asked, heard = time.monotonic(), 0, count["events"]
    while not ended.is_set():
        # As many as are due, in the order of the connections; one that still waits for an answer asks no second time.
        due = int((time.monotonic() - begin) * rate)
        while asked < due:
            clients[asked % len(clients)].ask()
            asked += 1
        await asyncio.sleep(0.01)
    took = time.monotonic() - begin
    print(json.dumps(dict(
        answers_per_second=count["answers"] / took, statistics_per_second=(count["events"] - heard) / took, late=count["late"],
        wrong=count["wrong"], lost=count["lost"])))


asyncio.run(main())
