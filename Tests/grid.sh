# shellcheck shell=bash
# Sourced by scripts that need a grid of their own: starts one on free ports, and stops it and the script's background jobs however the
# script ends. If the grid failed, shows its log.
#
# Sets work (a folder that is deleted at the end), grid (the grid's folder) and monitor (its address). taskgrid is the command.
work=$(mktemp -d "${TMPDIR:-/tmp}/taskgrid.XXXXXX")
grid=$work/grid
# The scripts read without a token.
export TASKGRID_MONITOR_PROTECT_READING=off
"$taskgrid" up --ports free --data "$grid" >"$work/up.out" 2>&1 &
up=$!
stop() {
    local code=$?
    trap - EXIT INT TERM
    # shellcheck disable=SC2046
    kill $(jobs -p) 2>/dev/null || true
    wait "$up" || { tail -n 20 "$work/up.out" >&2; code=1; }
    rm -rf "$work"
    exit "$code"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
start=$SECONDS
until [ -e "$grid/grid.json" ]; do
    if ! kill -0 "$up" 2>/dev/null || [ $((SECONDS - start)) -gt 120 ]; then
        cat "$work/up.out" >&2
        exit 1
    fi
    sleep 0.2
done
# shellcheck disable=SC2034
monitor=$(sed -n 's|.*"monitor" *: *"\([^"]*\)".*|\1|p' "$grid/grid.json")
