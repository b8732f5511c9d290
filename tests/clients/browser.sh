#!/usr/bin/env bash
# The story in a real Chromium, against the binary given. Pictures of the pages go to the folder
# `CLAIMSMITH_SHOTS`, if it is set. Without chromium, chromedriver or node it says so and skips; with
# CLAIMSMITH_REQUIRE_CLIENTS=1 it fails then. `run` has installed the npm packages.
set -euo pipefail
cd "$(dirname "$0")"
binary="$1"

skip() {
    echo "SKIPPED: the story was not told in a browser: $1" >&2
    [ "${CLAIMSMITH_REQUIRE_CLIENTS:-0}" = 1 ] && exit 1
    exit 0
}
for tool in chromium chromedriver node; do
    command -v "$tool" > /dev/null || skip "there is no $tool"
done

work="$(mktemp -d)"
started=()
stop() {
    for process in "${started[@]}"; do kill "$process" 2> /dev/null || true; done
    wait 2> /dev/null || true
    rm -rf "$work"
}
trap stop EXIT

# Waits until `$1` has a line with `$2`, and prints what the line has after it.
told() {
    for _ in $(seq 200); do
        if grep -q "$2" "$1" 2> /dev/null; then sed -n "s/.*$2//p" "$1" | head -1; return; fi
        sleep 0.1
    done
    cat "$1" >&2
    echo "$1 never said $2" >&2
    exit 1
}

for client in WEB_APP BILLING_SERVICE PARTNER_SERVICE; do
    export "CLAIMSMITH_DEMO_SECRET_$client=a-secret-of-the-client-$client"
done
for person in ADA GRACE LINUS PAT SAM; do
    export "CLAIMSMITH_DEMO_PASSWORD_$person=the-password-of-$person"
done
# The demo, its web app asking people for consent to payments.
node -e '
const org = JSON.parse(require("fs").readFileSync("../../src/organization/demo.json"));
org.apps[0].settings.oauthClient.consent_method = "REQUIRED";
org.authorizationServers[0].scopes.find((scope) => scope.name === "process:payments").consent = "REQUIRED";
console.log(JSON.stringify(org));
' > "$work/org.json"
"$binary" serve --org "$work/org.json" --data "$work/data" --listen 127.0.0.1:0 > "$work/server.log" 2>&1 &
started+=($!)
SERVER="$(told "$work/server.log" ' serves .* at ')"
ISSUER="$SERVER/oauth2/internal" node story.mjs > "$work/story.log" 2>&1 &
started+=($!)
told "$work/story.log" ready > /dev/null
# Passkeys are for hosts that have a name.
named="$(node -e 'const server = require("net").createServer().listen(0, "127.0.0.1", () => {
    console.log(server.address().port);
    server.close();
});')"
"$binary" serve --org "$work/org.json" --data "$work/named" --listen "127.0.0.1:$named" \
    --public-url "http://localhost:$named" > "$work/named.log" 2>&1 &
started+=($!)
told "$work/named.log" ' serves .* at ' > /dev/null
# A link as an administrator sends one.
INVITATION="$("$binary" invite grace@example.com --reset --data "$work/data" --public-url "$SERVER" | grep -o 'http://.*')"
chromedriver --port=0 > "$work/driver.log" 2>&1 &
started+=($!)
port="$(told "$work/driver.log" 'started successfully on port ' | tr -dc 0-9)"
SHOTS="${CLAIMSMITH_SHOTS:-$work}" SERVER="$SERVER" NAMED="http://localhost:$named" INVITATION="$INVITATION" STORY=http://127.0.0.1:3000 \
    DRIVER="http://127.0.0.1:$port" AXE="$PWD/node_modules/axe-core/axe.min.js" \
    cargo run --locked --quiet --manifest-path browser/Cargo.toml
echo "the story was told in $(chromium --version)"
