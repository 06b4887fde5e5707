#!/usr/bin/env bash
# Makes the users of the grid in RabbitMQ, each with no more rights than it needs. The service `users` of docker-compose.yml runs it.
# GRID_USERS has three words for each user: what it is, its name and types as 'taskgrid users' takes them, and its password:
#   service taskgrid-monitor 5f0c…  worker worker-hash=hash 93ab…  client taskgrid-client 7d21…
# RIGHTS_FILE is where the dispatcher reads what each may do. TASKGRID_ADMIN has the administrator's login.
set -euo pipefail
umask 077
fail() { echo "users: $*" >&2; exit 1; }

# In the container's memory, only for 'taskgrid users', which keeps a password that is there.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
set -f
# shellcheck disable=SC2086 # Words are wanted.
set -- $GRID_USERS
[ $# -gt 0 ] && [ $(($# % 3)) = 0 ] || fail "GRID_USERS needs three words for each user: service, worker or client, NAME[=TYPES], PASSWORD"
options=()
number=0
while [ $# -gt 0 ]; do
    number=$((number + 1))
    case $1 in
        service) ;;
        worker | client) options+=("--$1" "$2") ;;
        # The word may be a password.
        *) fail "GRID_USERS: user $number begins with another word than service, worker or client" ;;
    esac
    printf '%s\n' "$3" >"$folder/${2%%=*}.password"
    shift 3
done
taskgrid users "$folder" "${options[@]}" --import
# No secret; whole or not at all.
install -m 644 "$folder/rights.json" "$RIGHTS_FILE.new"
mv "$RIGHTS_FILE.new" "$RIGHTS_FILE"
