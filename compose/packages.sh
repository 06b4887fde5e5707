#!/usr/bin/env bash
# Installs the missing ones of the named Debian packages, as root or with sudo.
# It neither starts nor enables a RabbitMQ, a PostgreSQL or a Prometheus that it installs: a grid runs a broker of its own, and tests a
# database of their own. With PostgreSQL no cluster of Debian's is made. A PostgreSQL that was there before stays as it is.
#
#   compose/packages.sh PACKAGE…
set -euo pipefail

missing=()
for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

fail() { echo "packages: $*" >&2; exit 1; }
command -v apt-get >/dev/null || fail "this is no Debian: install ${missing[*]}, or the packages of your system for them"
root=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "become root, or install ${missing[*]}"
    root=(sudo)
fi
echo "Installing ${missing[*]}" >&2

# The packages' scripts ask this file whether they may start a service (invoke-rc.d(8)). An existing one is left alone.
policy=/usr/sbin/policy-rc.d
made=()
trap '[ ${#made[@]} -eq 0 ] || "${root[@]}" rm -f "${made[@]}"' EXIT
if [ ! -e "$policy" ]; then
    made+=("$policy")
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" install -m 755 /dev/stdin "$policy"
fi
# The server's package makes a cluster unless a file there says otherwise (pg_createcluster(1)). An existing one is left alone.
clusters=/etc/postgresql-common/createcluster.d/taskgrid.conf
if [[ " ${missing[*]}" == *" postgresql"* ]] && [ ! -e "$clusters" ]; then
    made+=("$clusters")
    printf 'create_main_cluster = false\n' | "${root[@]}" install -D -m 644 /dev/stdin "$clusters"
fi
has_postgresql() { compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }
had_postgresql=$(has_postgresql && echo yes || echo no)
log=$(mktemp)
if ! { "${root[@]}" apt-get -qq update &&
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}"; } \
    </dev/null >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    fail "apt-get failed; its log is $log"
fi
rm -f "$log"
if [[ " ${missing[*]} " == *" prometheus "* ]] && command -v systemctl >/dev/null; then
    "${root[@]}" systemctl --quiet disable prometheus.service 2>/dev/null ||
        echo "packages: could not disable the system's Prometheus: it may start with the machine" >&2
fi
if [[ " ${missing[*]} " == *" rabbitmq-server "* ]] && command -v systemctl >/dev/null; then
    "${root[@]}" systemctl --quiet disable rabbitmq-server.service epmd.socket epmd.service 2>/dev/null ||
        echo "packages: could not disable the system's RabbitMQ: it may start with the machine" >&2
fi
if [ "$had_postgresql" = no ] && has_postgresql && command -v systemctl >/dev/null; then
    "${root[@]}" systemctl --quiet disable postgresql.service 2>/dev/null ||
        echo "packages: could not disable the system's PostgreSQL: it may start with the machine" >&2
fi
