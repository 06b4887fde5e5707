#!/usr/bin/env bash
# Makes the roles of a new database. PostgreSQL's image runs it once, on the first start of database-1.
#
# The grid's role owns the database, so that the dispatcher can make its tables, and sees the standbys, so that `taskgrid store check` can say
# whether commits wait for one. The other one replicates, and sees no row.
set -euo pipefail
psql -X --set ON_ERROR_STOP=1 --username postgres --dbname "$POSTGRES_DB" <<'SQL'
\getenv grid GRID_PASSWORD
\getenv replication REPLICATION_PASSWORD
CREATE ROLE grid LOGIN PASSWORD :'grid';
CREATE ROLE replication LOGIN REPLICATION PASSWORD :'replication';
ALTER DATABASE grid OWNER TO grid;
GRANT pg_read_all_stats TO grid;
REVOKE CONNECT ON DATABASE grid FROM PUBLIC;
SQL
echo 'host replication replication all scram-sha-256' >>"$PGDATA/pg_hba.conf"
