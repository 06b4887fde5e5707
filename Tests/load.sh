#!/usr/bin/env bash
# Measures the cost of the monitor's readers for the grid: starts a grid of its own, and measures its rate alone and beside 200
# listeners to /events and 500 requests a second of /stats, in turn, because a machine's speed varies from one minute to the next.
# Prints a line for each pair, then the medians. The exit code is 1 if the rate of a steady flow of tasks fell by 5 % or more.
#
#   Tests/load.sh [pairs of runs, 5 by default]
#
# TASKGRID is the command of a release build (`swift build -c release`). Tests/load/measure.py describes the measurements, and how to
# change the load.
set -euo pipefail
cd "$(dirname "$0")/.."

taskgrid=${TASKGRID:-.build/release/taskgrid}
[ -x "$taskgrid" ] || { echo "There is no $taskgrid: run 'swift build -c release', or name another in TASKGRID." >&2; exit 1; }
# shellcheck source=Tests/grid.sh
. Tests/grid.sh
python3 Tests/load/measure.py "$taskgrid" "$grid" "$monitor" "${1:-5}"
