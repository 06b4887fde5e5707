#!/usr/bin/env bash
# Checks the monitor against its OpenAPI document: starts a grid of its own with some tasks, and runs schemathesis (PyPI) on every
# operation of /openapi.json, with valid and invalid requests, the same ones each time. Installs schemathesis in .build. Without it the
# check is skipped; with CI set it fails.
#
#   Tests/openapi.sh [arguments of schemathesis run, such as --max-examples 200]
set -euo pipefail
cd "$(dirname "$0")/.."

version=4.32.5
schemathesis=${SCHEMATHESIS:-$PWD/.build/schemathesis-$version/bin/schemathesis}
if [ ! -x "$schemathesis" ] && ! { compose/packages.sh python3-venv && python3 -m venv ".build/schemathesis-$version" &&
    ".build/schemathesis-$version/bin/pip" --quiet install "schemathesis==$version"; }; then
    echo "There is no schemathesis here: the monitor is not checked against its OpenAPI document." >&2
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

# schemathesis leaves files in its folder. The stream of events is excluded because it never ends.
cd "$work"
"$schemathesis" run "$monitor/openapi.json" --header "Authorization: Bearer $TASKGRID_MONITOR_TOKEN" --exclude-path /events \
    --continue-on-failure --suppress-health-check all --request-timeout 10 --seed 1 --max-examples 100 "$@"
