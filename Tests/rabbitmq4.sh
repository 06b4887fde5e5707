#!/usr/bin/env bash
# Makes a folder with RabbitMQ 4, Debian 13's, on a Debian 12 that has 3.10, for `taskgrid up --rabbitmq FOLDER` and
# `Tests/run.sh --broker 4`. It takes two minutes, about 400 MB and, as the runs of that RabbitMQ do, root. A folder that is complete is left
# as it is.
#
#   Tests/rabbitmq4.sh FOLDER
set -euo pipefail
[ $# -eq 1 ] || { sed -n 's/^#   //p' "$0" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
[ -e "$folder/complete" ] && exit 0

"$(dirname "$0")/../compose/packages.sh" debootstrap
mirror=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources)
rm -rf "$folder/tree"
# The package starts nothing here: no init system runs in the tree.
debootstrap --variant=minbase --include=rabbitmq-server trixie "$folder/tree" "$mirror" >"$folder/install.log" 2>&1 || {
    tail -n 5 "$folder/install.log" >&2
    exit 1
}
rm -rf "$folder/tree"/var/{cache,lib}/apt

# What RabbitMQ 4 deprecates is refused, so that whoever uses it is found.
mkdir -p "$folder/conf" "$folder/sbin"
cat >"$folder/conf/deprecated.conf" <<'END'
deprecated_features.permit.transient_nonexcl_queues = false
deprecated_features.permit.global_qos = false
deprecated_features.permit.classic_queue_mirroring = false
deprecated_features.permit.ram_node_type = false
deprecated_features.permit.queue_master_locator = false
END
# The tests send what RabbitMQ 3.10 takes. A node that has a limit of its own keeps it.
echo 'max_message_size = 134217728' >"$folder/conf/large.conf"

# Debian 13's programs and libraries stand in /usr for this process and its children alone; all else is this machine's.
for program in rabbitmq-server rabbitmqctl rabbitmq-diagnostics; do
    cat >"$folder/sbin/$program" <<END
#!/bin/sh
files='*'
grep -qs '^max_message_size' "\$RABBITMQ_CONFIG_FILE" && files=deprecated
export RABBITMQ_CONFIG_FILES='$folder/conf/'"\$files.conf"
exec unshare --mount /bin/sh -c 'mount --bind "\$0" /usr && exec /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/$program "\$@"' '$folder/tree/usr' "\$@"
END
    chmod 755 "$folder/sbin/$program"
done
touch "$folder/complete"
