#!/usr/bin/env bash
# Writes a random password or token for each secret of docker-compose.yml to compose/.env, which only its owner may read and which
# 'docker compose' finds by itself. Those that are there stay as they are.
#
#   compose/secrets.sh [FILE]
set -euo pipefail
file=${1:-$(dirname "$0")/.env}
umask 077
touch "$file"
chmod 600 "$file"
for name in RABBITMQ_PASSWORD TASKGRID_MONITOR_TOKEN GRAFANA_PASSWORD; do
    grep -q "^$name=" "$file" || printf '%s=%s\n' "$name" "$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n')" >>"$file"
done
