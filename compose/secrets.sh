#!/usr/bin/env bash
# Writes a random password or token for each secret of docker-compose.yml to compose/.env, which only its owner may read and which
# 'docker compose' finds by itself. Those that are there stay as they are. RABBITMQ_PASSWORD is that of RabbitMQ's administrator; of the
# others, those before TASKGRID_MONITOR_TOKEN are of the users that the service `users` makes, one for each part of the grid, and of the
# roles of PostgreSQL.
#
#   compose/secrets.sh [FILE]
set -euo pipefail
file=${1:-$(dirname "$0")/.env}
umask 077
touch "$file"
chmod 600 "$file"
for name in RABBITMQ_PASSWORD {DISPATCHER,NAMESERVICE,MONITOR,WORKER_{REVERSE,SUM,HASH,UPPER,WAIT},CLIENT}_PASSWORD \
    DATABASE_{ADMIN_,REPLICATION_,}PASSWORD \
    TASKGRID_MONITOR_TOKEN GRAFANA_PASSWORD; do
    grep -q "^$name=" "$file" || printf '%s=%s\n' "$name" "$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n')" >>"$file"
done
