#!/usr/bin/env bash
# Checks the format, builds, builds the documentation, runs the tests against a broker of their own, checks the monitor against its OpenAPI
# document, and runs what README prints. Leaves nothing running. With arguments it runs only the tests that they select.
# Installs missing packages. Without RabbitMQ the tests that need a broker are skipped, without PostgreSQL those that need a database, without
# Chromium those of the dashboard, without promtool those of metrics, and without schemathesis the check of the OpenAPI document; with CI set
# they fail.
#
# --broker 4 runs them on RabbitMQ 4, which it installs beside the machine's own in .build (see Tests/rabbitmq4.sh).
#
#   Tests/run.sh [--broker 4] [arguments of swift test, such as --filter NAME]
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

say() { printf '\n== %s\n' "$*"; }
fail() { printf '\n== %s\n' "$*" >&2; exit 1; }

if [ "${1:-}" = --broker ]; then
    [ "${2:-}" = 4 ] || fail "--broker is followed by 4; without it the tests run on the RabbitMQ of this machine."
    shift 2
    Tests/rabbitmq4.sh .build/rabbitmq4
    TASKGRID_RABBITMQ=$PWD/.build/rabbitmq4
    export TASKGRID_RABBITMQ
fi

compose/packages.sh pkg-config librabbitmq-dev libpq-dev libsqlite3-dev libssl-dev openssl python3
if ! compose/packages.sh rabbitmq-server; then
    [ -z "${CI:-}" ] || fail "There is no RabbitMQ here, and CI is set."
    say "There is no RabbitMQ here: tests that need a broker are skipped."
fi
if ! compose/packages.sh postgresql; then
    [ -z "${CI:-}" ] || fail "There is no PostgreSQL here, and CI is set."
    say "There is no PostgreSQL here: tests that need a database are skipped."
fi
if ! compose/packages.sh chromium fonts-liberation; then
    [ -z "${CI:-}" ] || fail "There is no Chromium here, and CI is set."
    say "There is no Chromium here: tests of the dashboard are skipped."
fi
if ! compose/packages.sh curl python3-pika; then
    [ -z "${CI:-}" ] || fail "There is no pika here, and CI is set."
    say "There is no pika here: the Python programs of the documentation are not run."
fi
if ! compose/packages.sh prometheus; then
    [ -z "${CI:-}" ] || fail "There is no promtool here, and CI is set."
    say "There is no promtool here: tests of metrics are skipped."
fi

say "Looking at the format"
find Package.swift Sources Tests -name '*.swift' -not -path '*/.build/*' -print0 | xargs -0 swift format lint --strict --parallel

# Where nobody debugs what is built, it is built faster.
lean=()
[ -z "${CI:-}" ] || lean=(-debug-info-format none)

# A build leaves a core idle now and then: README's package is built there, at idle priority. Linux divides the time of a core among sessions
# before it looks at priorities, so it has a session of its own, with the least share.
packaged=$(mktemp)
package=
endpackage() { [ -z "$package" ] || kill -- "-$package" 2>/dev/null || true; }
trap 'endpackage; rm -f "$packaged"' EXIT
if [ $# -eq 0 ]; then
    swift package resolve
    # shellcheck disable=SC2016
    setsid chrt --idle 0 sh -c 'echo 19 2>/dev/null >/proc/$$/autogroup; exec Tests/readme.py --build' >"$packaged" 2>&1 &
    package=$!
fi

say "Building"
swift build --build-tests "${lean[@]}"
built=$SECONDS

# Every process that the tests start has this folder in its environment, by which leftovers are found; those of a PostgreSQL, which write
# their titles over it, work there.
work=$(mktemp -d)
mkdir "$work/tmp" "$work/attachments"
# Root's databases run as another user, who has to come through.
chmod 711 "$work" "$work/tmp"
export TMPDIR=$work/tmp
broker=
tee=
beside=
# Lists the processes first, because those that search have the folder in their environment too.
left() {
    local listed=(/proc/[0-9]*/environ) found
    found=$(grep -lasF "$work" "${listed[@]}") || true
    found=${found//\/proc\//}
    printf '%s' "${found//\/environ/}"
    found=$(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$work/*" 2>/dev/null) || true
    found=${found//\/proc\//}
    printf ' %s' "${found//\/cwd/}"
}
stop() {
    local code=$? pids
    trap - EXIT INT TERM
    endpackage
    if [ -n "$beside" ]; then
        kill "$beside" 2>/dev/null || true
        wait "$beside" || true
    fi
    if [ -n "$broker" ]; then
        kill "$broker" 2>/dev/null || true
        wait "$broker" || { tail -n 20 "$work/broker.out" >&2; code=1; }
    fi
    pids=$(left)
    if [ -n "${pids//[[:space:]]/}" ]; then
        say "Left running, and now killed:" >&2
        # shellcheck disable=SC2086
        ps -o pid,args -p $pids >&2 || true
        # shellcheck disable=SC2086
        kill -KILL $pids 2>/dev/null || true
        code=1
    fi
    if [ -n "$tee" ]; then
        exec {shown}>&-
        wait "$tee" || true
        if grep -q '^✘' "$work/out"; then
            say "What failed:" >&2
            awk '/^(◇|✔|✘) /{failed = /^✘/} failed' "$work/out" >&2
        fi
        # The attachments of failed tests, such as the logs of their processes, each after a line "== NAME".
        awk 'function tell(i) { for (i = count > 20 ? count - 20 : 0; i < count; i++) print lines[i % 20]; count = 0 }
            FNR == 1 { tell(); print "\n== Attached: " FILENAME; } /^== / { tell(); print; next } { lines[count++ % 20] = $0 }
            END { tell() }' "$work"/attachments/* >&2 2>/dev/null || true
    fi
    rm -rf "$work" "$packaged"
    say "Took $SECONDS s: $built s to build, $((SECONDS - built)) s to test."
    exit "$code"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -n "${TASKGRID_RABBITMQ:-}" ] || compgen -G '/usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server' >/dev/null; then
    say "Starting a broker"
    .build/debug/taskgrid broker --data "$work/grid" --ports free >"$work/broker.out" 2>&1 &
    broker=$!
    until [ -e "$work/grid/grid.json" ]; do
        if ! kill -0 "$broker" 2>/dev/null || [ $((SECONDS - built)) -gt 150 ]; then
            cat "$work/broker.out" >&2
            fail "The broker did not start."
        fi
        sleep 0.1
    done
    url() { sed -n "s|.*\"$1\" *: *\"\([^\"]*\)\".*|\1|p" "$work/grid/grid.json"; }
    TASKGRID_TEST_BROKER=$(url amqp)
    TASKGRID_TEST_ADMIN=$(url admin)
    export TASKGRID_TEST_BROKER TASKGRID_TEST_ADMIN
elif [ -n "${CI:-}" ]; then
    fail "There is no /usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server here, and CI is set."
fi

if [ $# -eq 0 ]; then
    say "Building the documentation, and the rest of README's package"
    Tests/docs.py
    wait "$package" || { cat "$packaged" >&2; exit 1; }
    package=
fi

say "Testing"
# Shows the output except the lines of tests that begin, and keeps it: failures are shown again at the end.
exec {shown}> >(
    unset TMPDIR
    trap '' INT
    tee "$work/out" | grep --line-buffered -av '^◇ '
)
tee=$!
# Runs tests in the place of this shell, so many at once. More than five together would starve each other of two cores and exceed their
# time limits.
run() {
    export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-$1}
    exec "${@:2}" --attachments-path "$work/attachments" 2>&1
}
code=0
if [ $# -eq 0 ]; then
    # The tests of a few suites follow one another, and wait more than they work: they run from the start, beside all others, and are shown
    # after them. The program of the tests runs them by itself, because SwiftPM runs once at a time.
    slow='^(ChaosTests|BrowserTests)\.|\.PrivateBrokerTests'
    run 2 env NO_COLOR=1 .build/debug/taskgridPackageTests.xctest --testing-library swift-testing --filter "$slow" >"$work/beside" &
    beside=$!
    (run 3 swift test --skip-build "${lean[@]}" --skip "$slow" >&"$shown") || code=$?
    wait "$beside" || code=$?
    beside=
    cat "$work/beside" >&"$shown"
else
    (run 5 swift test --skip-build "${lean[@]}" "$@" >&"$shown") || code=$?
fi

[ "$code" -eq 0 ] || exit "$code"

if [ $# -eq 0 ] && [ -n "$broker" ]; then
    say "Checking the monitor against its OpenAPI document"
    Tests/openapi.sh
    say "Running the commands and programs of README and Wire.md"
    Tests/readme.py
fi
