#!/usr/bin/env bash
# How much the monitor's readers cost the grid: starts a grid of its own, and measures its rate (taskgrid bench, the bulk run) with
# and without 200 listeners to /events and 500 requests a second of /stats, in turn, in one go, for a machine's speed varies from
# one minute to the next. Ends with 1 where the median of the pairs has lost 5 % or more.
#
#   Tests/load.sh [pairs of runs, 5 by default]
#
# TASKGRID is the command, of a release build (`swift build -c release`). TASKS, LISTENERS and REQUESTS change the load.
set -euo pipefail
cd "$(dirname "$0")/.."

pairs=${1:-5}
taskgrid=${TASKGRID:-.build/release/taskgrid}
tasks=${TASKS:-200000}
[ -x "$taskgrid" ] || { echo "There is no $taskgrid: run 'swift build -c release', or name another in TASKGRID." >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/taskgrid-load.XXXXXX")
readers=
"$taskgrid" up --ports free --data "$work/grid" >"$work/up.out" 2>&1 &
grid=$!
stop() {
    local code=$?
    trap - EXIT INT TERM
    [ -z "$readers" ] || kill "$readers" 2>/dev/null || true
    kill "$grid" 2>/dev/null || true
    wait "$grid" || { tail -n 20 "$work/up.out" >&2; code=1; }
    rm -rf "$work"
    exit "$code"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
start=$SECONDS
until [ -e "$work/grid/grid.json" ]; do
    if ! kill -0 "$grid" 2>/dev/null || [ $((SECONDS - start)) -gt 120 ]; then
        cat "$work/up.out" >&2
        exit 1
    fi
    sleep 0.2
done
monitor=$(sed -n 's|.*"monitor" *: *"\([^"]*\)".*|\1|p' "$work/grid/grid.json")

cat >"$work/readers.py" <<'PYTHON'
"""Listens to /events on many connections and asks /stats at a rate, until it is told to stop; then says what came of it."""
import asyncio, signal, sys, time
from urllib.parse import urlsplit

url, listeners, rate, ready = urlsplit(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
count = dict(listening=0, events=0, lost=0, answers=0, wrong=0, skipped=0)

class Listener(asyncio.Protocol):
    def connection_made(self, transport):
        transport.write(f"GET /events HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode())
        self.heard = False
    def data_received(self, data):
        if not self.heard:
            self.heard = True
            count["listening"] += data.startswith(b"HTTP/1.1 200")
        count["events"] += data.count(b"event: stats\n")
    def connection_lost(self, error):
        count["lost"] += 1

class Asker(asyncio.Protocol):
    request = f"GET /stats HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode()
    def connection_made(self, transport):
        self.transport, self.data, self.waits = transport, b"", False
    def ask(self):
        if self.waits: count["skipped"] += 1
        else:
            self.waits = True
            self.transport.write(self.request)
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
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    for _ in range(listeners): await loop.create_connection(Listener, url.hostname, url.port)
    askers = [(await loop.create_connection(Asker, url.hostname, url.port))[1] for _ in range(50)]
    while count["listening"] < listeners and not ended.is_set(): await asyncio.sleep(0.05)
    open(ready, "w").close()
    begin, asked = time.monotonic(), 0
    while not ended.is_set():
        # As many as are due, in the order of the connections.
        due = int((time.monotonic() - begin) * rate)
        while asked < due:
            askers[asked % len(askers)].ask()
            asked += 1
        await asyncio.sleep(0.01)
    took = time.monotonic() - begin
    print(f"{count['answers'] / took:.0f} answers/s, {count['events'] / took:.0f} statistics/s to {count['listening']} listeners, "
          f"{count['skipped']} asked late, {count['wrong']} wrong, {count['lost']} lost")

asyncio.run(main())
PYTHON

# They stand for readers on other machines: of this one they take what the grid leaves.
read_on() {
    rm -f "$work/ready"
    nice -n 19 python3 "$work/readers.py" "$monitor" "${LISTENERS:-200}" "${REQUESTS:-500}" "$work/ready" >"$work/readers.out" &
    readers=$!
    until [ -e "$work/ready" ]; do
        kill -0 "$readers" 2>/dev/null || { echo "The readers ended." >&2; exit 1; }
        sleep 0.1
    done
}
read_no_more() {
    kill "$readers"
    wait "$readers"
    readers=
}
rate() {
    "$taskgrid" bench --grid "$work/grid" --runs bulk --count "$tasks" --json >"$work/bench.json"
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["bulk"]["tasks_per_second"])' "$work/bench.json"
}

echo "Warming up"
rate >/dev/null
: >"$work/pairs"
for pair in $(seq "$pairs"); do
    # Each goes first in turn.
    if [ $((pair % 2)) = 1 ]; then alone=$(rate); fi
    read_on
    beside=$(rate)
    read_no_more
    if [ $((pair % 2)) = 0 ]; then alone=$(rate); fi
    echo "$alone $beside" >>"$work/pairs"
    awk -v a="$alone" -v b="$beside" '{ printf "alone %8.0f/s, beside readers %8.0f/s: %+5.1f %%   (%s)\n", a, b, (b / a - 1) * 100, $0 }' "$work/readers.out"
done
python3 - "$work/pairs" <<'PYTHON'
import statistics, sys
ratios = [beside / alone for alone, beside in (map(float, line.split()) for line in open(sys.argv[1]))]
middle = statistics.median(ratios)
print(f"Beside the readers the grid does {middle * 100:.1f} % of what it does alone (median of {len(ratios)} pairs, "
      f"{min(ratios) * 100:.1f} to {max(ratios) * 100:.1f} %).")
sys.exit(0 if middle > 0.95 else 1)
PYTHON
