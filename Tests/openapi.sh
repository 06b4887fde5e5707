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

work=$(mktemp -d "${TMPDIR:-/tmp}/taskgrid-openapi.XXXXXX")
TASKGRID_MONITOR_TOKEN=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
export TASKGRID_MONITOR_TOKEN
"$taskgrid" up --ports free --data "$work/grid" >"$work/up.out" 2>&1 &
grid=$!
stop() {
    local code=$?
    trap - EXIT INT TERM
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

# Tasks in several states, so that there is something to find.
for payload in '[1, 2]' '["x"]' '[3]'; do "$taskgrid" submit sum "$payload" --grid "$work/grid"; done >/dev/null
"$taskgrid" submit wait 600 --grid "$work/grid" >/dev/null
"$taskgrid" submit hash later --delay 1h --grid "$work/grid" >/dev/null

monitor=$(sed -n 's|.*"monitor" *: *"\([^"]*\)".*|\1|p' "$work/grid/grid.json")
# A stream of events has no end to wait for.
"$schemathesis" run "$monitor/openapi.json" --header "Authorization: Bearer $TASKGRID_MONITOR_TOKEN" --exclude-path /events \
    --continue-on-failure --suppress-health-check all "$@"
