#!/usr/bin/env bash
# Schemathesis against the management API of an empty installation: whatever is asked, nothing fails
# inside, and every answer is as /api/v1/openapi.json says. The argument is the binary of claimsmith; the
# token deletes what it likes, so the server is one of its own. SECONDS_AT_MOST bounds the run.
set -euo pipefail
cd "$(dirname "$0")"
binary="${1:-${CARGO_TARGET_DIR:-../../target}/debug/claimsmith}"

venv="$HOME/.cache/claimsmith-clients/schema-$(sha256sum requirements-schema.txt | cut -c1-16)"
if [ ! -e "$venv/ready" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q -r requirements-schema.txt
    touch "$venv/ready"
fi

work="$(mktemp -d)"
server=
stop() {
    [ -z "$server" ] || { kill "$server" 2> /dev/null && wait "$server" 2> /dev/null; } || true
    rm -rf "$work"
}
trap stop EXIT
CLAIMSMITH_BOOTSTRAP_TOKEN="$(head -c 30 /dev/urandom | base64 | tr '+/' '-_')"
export CLAIMSMITH_BOOTSTRAP_TOKEN
"$binary" serve --data "$work/data" --listen 127.0.0.1:0 > "$work/log" 2>&1 &
server=$!
for _ in $(seq 200); do
    url="$(sed -n 's/.*Claimsmith serves .* at //p' "$work/log")"
    [ -z "$url" ] || break
    sleep 0.1
done
[ -n "$url" ] || { cat "$work/log" >&2; exit 1; }

checks=not_a_server_error,status_code_conformance,content_type_conformance
checks+=,response_headers_conformance,response_schema_conformance,ignored_auth
cd "$work"
ask() {
    "$venv/bin/schemathesis" --no-color run "$url/api/v1/openapi.json" \
        --header "Authorization: SSWS $CLAIMSMITH_BOOTSTRAP_TOKEN" --checks "$checks" \
        --max-examples 10 --generation-deterministic --request-timeout 20 "$@"
}
# What would end the administrator, or the token, comes last; certificates it cannot write.
ask --phases examples,coverage,fuzzing,stateful --max-time "${SECONDS_AT_MOST:-90}" \
    --exclude-operation-id revokeApiToken --exclude-operation-id deleteUser \
    --exclude-operation-id publishCsrFromApplication \
    --exclude-path-regex '^/api/v1/users/.*/(lifecycle|credentials)/'
ask --phases coverage --max-time 30 --include-path-regex '^/api/v1/(users|api-tokens)'
