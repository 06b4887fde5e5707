#!/usr/bin/env bash
# Starts one of the two PostgreSQL servers of docker-compose.yml. On the first start database-1 makes an empty database, and database-2
# copies it and follows it. From then on each has its own data. Neither becomes the primary by itself: SeveralMachines.md says how a person
# does that.
#
#   database.sh          starts the server
#   database.sh join     replaces this server's data by a copy of the other one's, to follow it from the next start on
#
# The service sets OTHER, the other server's host, and REPLICATION_PASSWORD, the password of the role `replication`.
set -euo pipefail
name=$(hostname)
fail() { echo "$name: $*" >&2; exit 1; }

# The server logs in by it too, when it follows the other.
passfile=/var/lib/postgresql/pgpass
printf '*:*:*:replication:%s\n' "$REPLICATION_PASSWORD" | install -m 600 -o postgres -g postgres /dev/stdin "$passfile"
other="host=$OTHER user=replication passfile=$passfile connect_timeout=3 application_name=copy"

# Prints primary or standby, and nothing where the other server does not answer.
role_of_other() {
    local question="SELECT CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE 'primary' END"
    gosu postgres psql "$other dbname=postgres" -XAtqwc "$question" 2>/dev/null || true
}

copy_other() {
    [ "$(role_of_other)" = primary ] || fail "$OTHER is no primary, or does not answer: there is nothing to copy"
    echo "$name: copying the data of $OTHER" >&2
    rm -rf "$PGDATA.new"
    # Replication's settings are written beside the copy, and make it a standby.
    gosu postgres pg_basebackup --pgdata "$PGDATA.new" --dbname "$other" --no-password --write-recovery-conf --wal-method stream \
        --checkpoint fast
    # From now on it confirms what the primary commits, by its name: a copy under way does not. And a primary that lost its standby may have
    # been told to do without one. This server was not, should it become the primary.
    sed -i -e "s/application_name=copy/application_name=${name//-/_}/" -e '/^synchronous_standby_names/d' "$PGDATA.new/postgresql.auto.conf"
    rm -rf "$PGDATA"
    mv "$PGDATA.new" "$PGDATA"
}

case "${1:-}" in
    "") ;;
    join) copy_other; exit ;;
    *) fail "'$1' is no argument of this script: it takes 'join' or none" ;;
esac

if [ -e "$PGDATA/standby.signal" ]; then
    :
elif [ -s "$PGDATA/PG_VERSION" ]; then
    # Two primaries would be two grids.
    [ "$(role_of_other)" != primary ] || fail "$OTHER has become the primary: stop this service, and have it 'join' (SeveralMachines.md)"
else
    # The first primary is the server that does not wait for the other.
    until role=$(role_of_other); [ -n "$role" ] || [ "$name" = database-1 ]; do sleep 1; done
    case $role in
        primary) copy_other ;;
        standby) fail "there is no data here, and $OTHER is a standby: promote it, and have this service 'join' (SeveralMachines.md)" ;;
    esac
fi
# Nothing confirms what the first start writes: the other server has not copied it yet.
export PGOPTIONS="-c synchronous_commit=local"
exec docker-entrypoint.sh postgres -c config_file=/etc/postgresql/postgresql.conf
