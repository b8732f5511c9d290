// Decision 49: things with every member that Okta's models lack, read by Okta's SDK for Node, changed and
// put back. What is told afterwards is what was told before, but for the change.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import okta from "@okta/okta-sdk-nodejs";

const orgUrl = process.env.CLAIMSMITH_ADMINISTERED;
const token = process.env.CLAIMSMITH_BOOTSTRAP_TOKEN;
const client = new okta.Client({ orgUrl, token });
const wanted = JSON.parse(readFileSync(new URL("extended.json", import.meta.url), "utf8"));

async function ask(method, path, body) {
  const answer = await fetch(`${orgUrl}${path}`, {
    method, headers: { authorization: `SSWS ${token}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

// What is made, in order, each with the ids of those before; and where each is.
async function made() {
  const ids = {};
  const filled = (value) => JSON.parse(JSON.stringify(value).replace(/\{(\w+)\}/g, (all, name) => ids[name] ?? all));
  const profile = { login: "extended@example.com", email: "extended@example.com", firstName: "E", lastName: "X" };
  ids.user = (await ask("POST", "/api/v1/users?activate=false", { profile })).id;
  ids.group = (await ask("POST", "/api/v1/groups", { profile: { name: "Extended" } })).id;
  const places = {};
  for (const { what, path, body } of wanted) {
    const { id } = await ask("POST", filled(path), filled(body));
    ids[what] = id;
    places[what] = `${filled(path)}/${id}`;
  }
  return { ids, places };
}

// How the SDK reads each, and puts it back.
const api = client.authorizationServerApi;
const ways = ({ server: authServerId, policy: policyId }) => ({
  server: [(authServerId) => api.getAuthorizationServer({ authServerId }),
    (authServerId, authorizationServer) => api.replaceAuthorizationServer({ authServerId, authorizationServer })],
  claim: [(claimId) => api.getOAuth2Claim({ authServerId, claimId }),
    (claimId, oAuth2Claim) => api.replaceOAuth2Claim({ authServerId, claimId, oAuth2Claim })],
  rule: [(ruleId) => api.getAuthorizationServerPolicyRule({ authServerId, policyId, ruleId }),
    (ruleId, policyRule) => api.replaceAuthorizationServerPolicyRule({ authServerId, policyId, ruleId, policyRule })],
  hook: [(inlineHookId) => client.inlineHookApi.getInlineHook({ inlineHookId }),
    (inlineHookId, inlineHook) => client.inlineHookApi.replaceInlineHook({ inlineHookId, inlineHook })],
  app: [(appId) => client.applicationApi.getApplication({ appId }),
    (appId, application) => client.applicationApi.replaceApplication({ appId, application })],
});

test("what Okta's models lack stays when its SDK puts a thing back", async () => {
  const { ids, places } = await made();
  const all = ways(ids);
  all.allowing = all.rule;
  for (const [what, [get, put]] of Object.entries(all)) {
    const before = await ask("GET", places[what]);
    const thing = await get(ids[what]);
    const name = what === "app" ? "label" : "name";
    thing[name] = `${thing[name]}_again`;
    await put(ids[what], thing);
    const after = await ask("GET", places[what]);
    assert.equal(after[name], `${before[name]}_again`);
    for (const told of [before, after]) {
      delete told[name];
      delete told.lastUpdated;
    }
    assert.deepEqual(after, before, what);
  }
  // Null is what clears them.
  const rule = await ask("GET", places.rule);
  rule.actions = { access: null, token: { accessTokenLifetimeMinutes: 60, refreshTokenLifetimeMinutes: 0, refreshTokenWindowMinutes: 10080 } };
  rule.conditions.elCondition = null;
  const cleared = await ask("PUT", places.rule, rule);
  assert.deepEqual([cleared.actions.access ?? "ALLOW", cleared.conditions.elCondition ?? null], ["ALLOW", null]);
  for (const what of ["app"]) await ask("POST", `${places[what]}/lifecycle/deactivate`);
  for (const what of ["app", "server", "hook"]) {
    if (what === "hook") await ask("POST", `${places[what]}/lifecycle/deactivate`);
    await ask("DELETE", places[what]);
  }
  await ask("DELETE", `/api/v1/users/${ids.user}`);
  await ask("DELETE", `/api/v1/users/${ids.user}`);
  await ask("DELETE", `/api/v1/groups/${ids.group}`);
});
