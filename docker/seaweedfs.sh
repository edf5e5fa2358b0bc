#!/bin/sh
# Start SeaweedFS as one S3 server. Only the S3 gateway listens for others: master, volume server and filer know no
# password, so they stay on the container's loopback.
# Further arguments are handed to `weed server`; a repeated flag overrides the one given here.
set -eu

: "${S3_ACCESS_KEY_ID:?is required}" "${S3_SECRET_ACCESS_KEY:?is required}" "${ASSETS_PUBLIC_BUCKET:?is required}"
case "$S3_ACCESS_KEY_ID$S3_SECRET_ACCESS_KEY$ASSETS_PUBLIC_BUCKET" in
*[!A-Za-z0-9_+/=.-]*)
    echo "S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY and ASSETS_PUBLIC_BUCKET may hold letters, digits and _+/=.- only" >&2
    exit 1
    ;;
esac

# The configuration holds the secret key: on the temporary file system, readable by this user alone.
umask 077
configuration="${SEAWEEDFS_RUN_DIR:-/tmp}/s3.json"
cat >"$configuration" <<JSON
{"identities": [
  {"name": "chainlit-tenants",
   "credentials": [{"accessKey": "$S3_ACCESS_KEY_ID", "secretKey": "$S3_SECRET_ACCESS_KEY"}],
   "actions": ["Admin", "Read", "Write", "List", "Tagging"]},
  {"name": "anonymous", "actions": ["Read:$ASSETS_PUBLIC_BUCKET"]}
]}
JSON

# SeaweedFS would take these for settings of its own.
unset S3_ACCESS_KEY_ID S3_SECRET_ACCESS_KEY

exec weed server \
    -dir="${SEAWEEDFS_DATA_DIR:-/srv/objects}" \
    -ip=127.0.0.1 -ip.bind=127.0.0.1 -s3.ip.bind="${SEAWEEDFS_BIND:-0.0.0.0}" \
    -master.telemetry=false -master.volumeSizeLimitMB=1024 -volume.max=0 \
    -filer -s3 -s3.port=8333 -s3.port.iceberg=0 -s3.port.lance=0 -s3.config="$configuration" \
    "$@"
