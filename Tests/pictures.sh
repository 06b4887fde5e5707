#!/usr/bin/env bash
# Retakes the pictures of the dashboard: starts a grid of its own, has it live for six minutes, so that there is a history to
# see, and has the tests' Chromium take the page in the light, in the dark and on a phone.
#
#   Tests/pictures.sh [minutes]
#
# The tests must be built (`swift build --build-tests`). TASKGRID is the command. The page takes Inter where it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

compose/packages.sh chromium fonts-inter
taskgrid=${TASKGRID:-.build/debug/taskgrid}
# shellcheck source=Tests/grid.sh
. Tests/grid.sh

cat >"$work/life.py" <<'PYTHON'
"""Submits tasks of every type at rates that rise and fall, some of which fail; life.py TASKGRID GRID"""
import math, random, subprocess, sys, time

payloads = dict(
    hash=(150, lambda: "some text"), reverse=(80, lambda: "hello"), upper=(50, lambda: "hello straße"),
    sum=(30, lambda: "[1, \"two\"]" if random.random() < 0.06 else "[0.1, 0.2]"), wait=(5, lambda: random.choice(["0.2", "0.4", "1", "2"])),
)
clients = {
    type: subprocess.Popen([sys.argv[1], "submit", type, "--file", "-", "--grid", sys.argv[2]], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    for type in payloads
}
begin, sent = time.monotonic(), dict.fromkeys(payloads, 0.0)
while True:
    now = time.monotonic() - begin
    for index, (type, (rate, payload)) in enumerate(payloads.items()):
        sent[type] += rate * (1 + 0.4 * math.sin(now / 35 + index) + random.uniform(-0.3, 0.3)) * 0.1
        for _ in range(int(sent[type])): clients[type].stdin.write(f"{payload()}\n".encode())
        sent[type] %= 1
        clients[type].stdin.flush()
    time.sleep(0.1)
PYTHON
python3 "$work/life.py" "$taskgrid" "$grid" &
"$taskgrid" worker hash --grid "$grid" >"$work/worker.out" 2>&1 &

minutes=${1:-6}
echo "The grid lives; the pictures are taken in $minutes minutes."
sleep $((minutes * 60))
TASKGRID_TEST_PICTURES_OF=$monitor TASKGRID_TEST_PICTURES_IN=Sources/Monitor/Monitor.docc/Resources \
    swift test --skip-build --filter BrowserTests.PicturesTests
ls -l Sources/Monitor/Monitor.docc/Resources
