#!/usr/bin/env bash
# Holds the monitor to its description: starts a grid of its own, gives it some tasks, and has schemathesis (PyPI) try every
# operation of /openapi.json, with good requests and with bad ones. Skipped where there is no schemathesis, but with CI set.
#
#   Tests/openapi.sh [arguments of schemathesis run, such as --max-examples 200]
set -euo pipefail
cd "$(dirname "$0")/.."

schemathesis=${SCHEMATHESIS:-$(command -v schemathesis || true)}
if [ -z "$schemathesis" ]; then
    echo "There is no schemathesis here (pip install schemathesis): the check of the description is skipped."
    [ -z "${CI:-}" ] || exit 1
    exit 0
fi
taskgrid=${TASKGRID:-.build/debug/taskgrid}
TASKGRID_MONITOR_TOKEN=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
export TASKGRID_MONITOR_TOKEN
# shellcheck source=Tests/grid.sh
. Tests/grid.sh

# Tasks in several states, so that there is something to find.
for payload in '[1, 2]' '["x"]' '[3]'; do "$taskgrid" submit sum "$payload" --grid "$grid"; done >/dev/null
"$taskgrid" submit wait 600 --grid "$grid" >/dev/null
"$taskgrid" submit hash later --delay 1h --grid "$grid" >/dev/null

# A stream of events has no end to wait for.
"$schemathesis" run "$monitor/openapi.json" --header "Authorization: Bearer $TASKGRID_MONITOR_TOKEN" --exclude-path /events \
    --continue-on-failure --suppress-health-check all "$@"
