#!/usr/bin/env bash
# Runs a whole grid on this machine without containers: builds taskgrid and starts 'taskgrid up' with the given arguments.
# Needs Debian 12 and a Swift toolchain, and installs other missing packages.
#
#   compose/local.sh [--workers reverse=2,hash=4] [--ports free] …      (see taskgrid up --help)
set -euo pipefail
cd "$(dirname "$0")/.."

command -v swift >/dev/null || { echo "local.sh: there is no 'swift' here: install a toolchain from https://swift.org/install" >&2; exit 1; }
compose/packages.sh pkg-config librabbitmq-dev libpq-dev libsqlite3-dev libssl-dev rabbitmq-server
swift build -c release --product taskgrid --static-swift-stdlib
exec .build/release/taskgrid up "$@"
