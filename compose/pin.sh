#!/usr/bin/env bash
# Asks the registries for the digests of all images that docker-compose.yml names, and writes them to compose/.env: from then on exactly
# these images are used, until you run it again. It needs docker with buildx.
#
#   compose/pin.sh
set -euo pipefail
cd "$(dirname "$0")"
umask 077
touch .env
# Such as rabbitmq:4.2.5-management${RABBITMQ_DIGEST:-}.
grep -ohE '[a-z/]+:[A-Za-z0-9.-]+\$\{[A-Z]+_DIGEST:-\}' docker-compose.yml | sort -u | while IFS='$' read -r image variable; do
    name=${variable#\{}
    name=${name%:-\}}
    digest=$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}')
    sed -i "/^$name=/d" .env
    printf '%s=@%s\n' "$name" "$digest" >>.env
    echo "$image@$digest"
done
