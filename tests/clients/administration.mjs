// Okta's own management SDK for Node, unmodified, against a server that began empty with a bootstrap
// token: everything is made by the API, down to a token that holds the claim that was made.

import assert from "node:assert/strict";
import { X509Certificate, createPrivateKey, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import okta from "@okta/okta-sdk-nodejs";
import { decodeJwt } from "jose";

const orgUrl = process.env.CLAIMSMITH_ADMINISTERED;
const client = new okta.Client({ orgUrl, token: process.env.CLAIMSMITH_BOOTSTRAP_TOKEN });
const servers = client.authorizationServerApi;

async function all(collection) {
  const items = [];
  for await (const item of await collection) items.push(item);
  return items;
}

// What a call is refused with.
async function refused(call, status, code) {
  await assert.rejects(call, (error) => {
    assert.deepEqual([error.status, error.errorCode], [status, code], error.message);
    return true;
  });
}

async function token(issuer, form, basic) {
  const answer = await fetch(`${issuer}/v1/token`, {
    method: "POST",
    headers: basic ? { authorization: `Basic ${Buffer.from(basic.join(":")).toString("base64")}` } : {},
    body: new URLSearchParams(form),
  });
  return { status: answer.status, body: await answer.json() };
}

const A_RULE = {
  type: "RESOURCE_ACCESS",
  name: "Employees",
  priority: 1,
  conditions: {
    people: { users: { include: [], exclude: [] }, groups: { include: ["EVERYONE"], exclude: [] } },
    grantTypes: { include: ["authorization_code", "client_credentials"] },
    scopes: { include: ["*"] },
  },
  actions: {
    token: { accessTokenLifetimeMinutes: 60, refreshTokenLifetimeMinutes: 0, refreshTokenWindowMinutes: 10080 },
  },
};

test("a server with scope, claim, policy and rule gives a service a token with the claim", async () => {
  const server = await servers.createAuthorizationServer({
    authorizationServer: { name: "Orders", description: "of the shop", audiences: ["api://orders"] },
  });
  assert.equal(server.issuer, `${orgUrl}/oauth2/${server.id}`);
  assert.deepEqual([server.status, server.issuerMode], ["ACTIVE", "ORG_URL"]);
  assert.equal(server.credentials.signing.rotationMode, "AUTO");
  const authServerId = server.id;

  const scopes = await all(servers.listOAuth2Scopes({ authServerId }));
  assert.deepEqual(scopes.map((scope) => scope.name).sort(), [
    "address", "device_sso", "email", "offline_access", "openid", "phone", "profile",
  ]);
  const scope = await servers.createOAuth2Scope({ authServerId, oAuth2Scope: { name: "orders:read", consent: "IMPLICIT" } });
  assert.deepEqual([scope.name, scope.system, scope.metadataPublish], ["orders:read", false, "NO_CLIENTS"]);
  await refused(servers.createOAuth2Scope({ authServerId, oAuth2Scope: { name: "orders:read" } }), 400, "E0000001");

  const claim = await servers.createOAuth2Claim({
    authServerId,
    oAuth2Claim: {
      name: "tier", claimType: "RESOURCE", valueType: "EXPRESSION", status: "ACTIVE",
      value: "app.profile.tier == null ? 'none' : String.toUpperCase(app.profile.tier)",
      conditions: { scopes: [] }, alwaysIncludeInToken: true,
    },
  });
  const bad = { name: "wrong", claimType: "RESOURCE", valueType: "EXPRESSION", value: "usr.login" };
  await refused(servers.createOAuth2Claim({ authServerId, oAuth2Claim: bad }), 400, "E0000001");
  assert.ok((await all(servers.listOAuth2Claims({ authServerId }))).some((known) => known.id === claim.id));

  const policy = await servers.createAuthorizationServerPolicy({
    authServerId,
    policy: {
      type: "OAUTH_AUTHORIZATION_POLICY", name: "Everybody", description: "all clients", priority: 1,
      conditions: { clients: { include: ["ALL_CLIENTS"] } },
    },
  });
  const rule = await servers.createAuthorizationServerPolicyRule({ authServerId, policyId: policy.id, policyRule: A_RULE });
  assert.deepEqual([rule.priority, rule.status], [1, "ACTIVE"]);

  const app = await client.applicationApi.createApplication({
    application: {
      name: "oidc_client", label: "Order reports", signOnMode: "OPENID_CONNECT",
      credentials: { oauthClient: { token_endpoint_auth_method: "client_secret_basic" } },
      settings: { oauthClient: { application_type: "service", grant_types: ["client_credentials"], response_types: ["token"] } },
      profile: { tier: "gold" },
    },
  });
  const { client_id: clientId, client_secret: secret } = app.credentials.oauthClient;
  assert.ok(secret, "the secret is told when it is made");
  const form = { grant_type: "client_credentials", scope: "orders:read" };
  const issued = await token(server.issuer, form, [clientId, secret]);
  assert.equal(issued.status, 200, JSON.stringify(issued.body));
  const claims = decodeJwt(issued.body.access_token);
  assert.deepEqual([claims.tier, claims.aud, claims.scp, claims.cid], ["GOLD", "api://orders", ["orders:read"], clientId]);

  // What is replaced holds for the next token.
  claim.value = "'fixed'";
  const replaced = await servers.replaceOAuth2Claim({ authServerId, claimId: claim.id, oAuth2Claim: claim });
  assert.equal(replaced.value, "'fixed'");
  const next = await token(server.issuer, form, [clientId, secret]);
  assert.equal(decodeJwt(next.body.access_token).tier, "fixed");
  await servers.deactivateAuthorizationServerPolicyRule({ authServerId, policyId: policy.id, ruleId: rule.id });
  assert.equal((await token(server.issuer, form, [clientId, secret])).body.error, "access_denied");
  await servers.activateAuthorizationServerPolicyRule({ authServerId, policyId: policy.id, ruleId: rule.id });
  assert.equal((await token(server.issuer, form, [clientId, secret])).status, 200);

  // An application that is active is not deleted.
  await refused(client.applicationApi.deleteApplication({ appId: app.id }), 403, "E0000056");
  await client.applicationApi.deactivateApplication({ appId: app.id });
  assert.equal((await token(server.issuer, form, [clientId, secret])).body.error, "invalid_client");
  await client.applicationApi.deleteApplication({ appId: app.id });
  await refused(client.applicationApi.getApplication({ appId: app.id }), 404, "E0000007");

  await servers.deleteAuthorizationServerPolicyRule({ authServerId, policyId: policy.id, ruleId: rule.id });
  assert.deepEqual(await all(servers.listAuthorizationServerPolicyRules({ authServerId, policyId: policy.id })), []);
  await servers.deleteAuthorizationServerPolicy({ authServerId, policyId: policy.id });
  await servers.deleteOAuth2Claim({ authServerId, claimId: claim.id });
  await servers.deleteOAuth2Scope({ authServerId, scopeId: scope.id });
  await servers.deleteAuthorizationServer({ authServerId });
  await refused(servers.getAuthorizationServer({ authServerId }), 404, "E0000007");
});

test("servers are read, replaced, deactivated and listed part by part", async () => {
  const made = [];
  for (const name of ["Paged 1", "Paged 2", "Paged 3"]) {
    made.push(await servers.createAuthorizationServer({
      authorizationServer: { name, description: name, audiences: [`api://${name.replace(" ", "-")}`] },
    }));
  }
  const listed = await all(servers.listAuthorizationServers({ q: "Paged", limit: 2 }));
  assert.deepEqual(listed.map((server) => server.id).sort(), made.map((server) => server.id).sort());

  const [server] = made;
  const authServerId = server.id;
  server.name = "Paged again";
  server.audiences = ["api://again"];
  const replaced = await servers.replaceAuthorizationServer({ authServerId, authorizationServer: server });
  assert.deepEqual([replaced.name, replaced.audiences], ["Paged again", ["api://again"]]);
  assert.equal((await servers.getAuthorizationServer({ authServerId })).name, "Paged again");
  await servers.deactivateAuthorizationServer({ authServerId });
  assert.equal((await servers.getAuthorizationServer({ authServerId })).status, "INACTIVE");
  await servers.activateAuthorizationServer({ authServerId });
  assert.equal((await servers.getAuthorizationServer({ authServerId })).status, "ACTIVE");

  const before = (await all(servers.listAuthorizationServerKeys({ authServerId }))).find((key) => key.status === "ACTIVE");
  const rotated = await all(servers.rotateAuthorizationServerKeys({ authServerId, use: { use: "sig" } }));
  const active = rotated.find((key) => key.status === "ACTIVE");
  assert.notEqual(active.kid, before.kid);
  assert.ok(rotated.some((key) => key.kid === before.kid), "the key before still verifies");
  for (const { id } of made) await servers.deleteAuthorizationServer({ authServerId: id });
});

test("policies and rules keep their order without gaps", async () => {
  const server = await servers.createAuthorizationServer({
    authorizationServer: { name: "Ordered", description: "-", audiences: ["api://ordered"] },
  });
  const authServerId = server.id;
  const policy = (name, priority) => servers.createAuthorizationServerPolicy({
    authServerId,
    policy: {
      type: "OAUTH_AUTHORIZATION_POLICY", name, description: name, priority,
      conditions: { clients: { include: ["ALL_CLIENTS"] } },
    },
  });
  const first = await policy("first", 1);
  await policy("second", 1);
  await policy("last", undefined);
  const order = async () => (await all(servers.listAuthorizationServerPolicies({ authServerId })))
    .map(({ name, priority }) => [priority, name]);
  assert.deepEqual(await order(), [[1, "second"], [2, "first"], [3, "last"]]);
  first.priority = 3;
  await servers.replaceAuthorizationServerPolicy({ authServerId, policyId: first.id, policy: first });
  assert.deepEqual(await order(), [[1, "second"], [2, "last"], [3, "first"]]);
  await servers.deleteAuthorizationServer({ authServerId });
});

test("people, groups and applications are made, assigned and taken away", async () => {
  const user = await client.userApi.createUser({
    body: {
      profile: { firstName: "Isaac", lastName: "Brock", email: "isaac@example.com", login: "isaac@example.com" },
      credentials: { password: { value: "correct horse battery staple 9" } },
    },
    activate: true,
  });
  assert.equal(user.status, "ACTIVE");
  const again = client.userApi.createUser({
    body: { profile: { firstName: "I", lastName: "B", email: "isaac@example.com", login: "isaac@example.com" } },
  });
  await refused(again, 400, "E0000001");
  const sellers = await client.groupApi.createGroup({ group: { profile: { name: "Sellers", description: "who sell" } } });
  assert.equal(sellers.type, "OKTA_GROUP");
  await client.groupApi.assignUserToGroup({ groupId: sellers.id, userId: user.id });
  assert.deepEqual((await all(client.groupApi.listGroupUsers({ groupId: sellers.id }))).map(({ id }) => id), [user.id]);
  const groups = await all(client.userApi.listUserGroups({ userId: user.id }));
  assert.deepEqual(groups.map((known) => known.profile.name).sort(), ["Everyone", "Sellers"]);

  const app = await client.applicationApi.createApplication({
    application: {
      name: "oidc_client", label: "Shop", signOnMode: "OPENID_CONNECT",
      credentials: { oauthClient: { token_endpoint_auth_method: "client_secret_basic" } },
      settings: {
        oauthClient: {
          application_type: "web", grant_types: ["authorization_code", "refresh_token"], response_types: ["code"],
          redirect_uris: ["http://127.0.0.1:9/callback"],
        },
      },
    },
  });
  await client.applicationApi.assignUserToApplication({ appId: app.id, appUser: { id: user.id, scope: "USER", credentials: { userName: user.profile.login } } });
  await client.applicationApi.assignGroupToApplication({ appId: app.id, groupId: sellers.id });
  assert.deepEqual((await all(client.applicationApi.listApplicationUsers({ appId: app.id }))).map(({ id }) => id), [user.id]);
  assert.deepEqual((await all(client.applicationApi.listApplicationGroupAssignments({ appId: app.id }))).map(({ id }) => id), [sellers.id]);
  assert.deepEqual((await all(client.groupApi.listAssignedApplicationsForGroup({ groupId: sellers.id }))).map(({ id }) => id), [app.id]);
  assert.ok((await all(client.userApi.listAppLinks({ userId: user.id }))).some(({ appInstanceId }) => appInstanceId === app.id));
  await client.applicationApi.unassignUserFromApplication({ appId: app.id, userId: user.id });
  await client.applicationApi.unassignApplicationFromGroup({ appId: app.id, groupId: sellers.id });

  user.profile.lastName = "Newton";
  const replaced = await client.userApi.replaceUser({ userId: user.id, user: { profile: user.profile } });
  assert.equal(replaced.profile.lastName, "Newton");
  await client.userApi.suspendUser({ userId: user.id });
  assert.equal((await client.userApi.getUser({ userId: user.id })).status, "SUSPENDED");
  await client.userApi.unsuspendUser({ userId: user.id });
  await client.groupApi.unassignUserFromGroup({ groupId: sellers.id, userId: user.id });
  await client.userApi.deactivateUser({ userId: user.id });
  assert.equal((await client.userApi.getUser({ userId: user.id })).status, "DEPROVISIONED");
  await client.userApi.deleteUser({ userId: user.id });
  await refused(client.userApi.getUser({ userId: user.id }), 404, "E0000007");
  await client.groupApi.deleteGroup({ groupId: sellers.id });
  await client.applicationApi.deactivateApplication({ appId: app.id });
  await client.applicationApi.deleteApplication({ appId: app.id });
});

test("keys with certificates are made for applications, requested, given on and told", async () => {
  const apps = client.applicationApi;
  const made = (label) => apps.createApplication({
    application: {
      name: "oidc_client", label, signOnMode: "OPENID_CONNECT",
      credentials: { oauthClient: { token_endpoint_auth_method: "client_secret_basic" } },
      settings: { oauthClient: { application_type: "service", grant_types: ["client_credentials"], response_types: ["token"] } },
    },
  });
  const [{ id: appId }, { id: other }] = [await made("Keys 1"), await made("Keys 2")];
  const key = await apps.generateApplicationKey({ appId, validityYears: 2 });
  assert.ok(key instanceof okta.JsonWebKey);
  const certificate = new X509Certificate(Buffer.from(key.x5c[0], "base64"));
  assert.ok(certificate.verify(certificate.publicKey), "it is signed by the key that it is of");
  assert.equal(certificate.publicKey.export({ format: "jwk" }).n, key.n);
  const years = (new Date(key.expiresAt) - new Date(key.created)) / (365.25 * 24 * 3600 * 1000);
  assert.ok(Math.abs(years - 2) < 0.01, `${years} years`);
  const cloned = await apps.cloneApplicationKey({ appId, keyId: key.kid, targetAid: other });
  assert.equal(cloned.kid, key.kid);
  assert.deepEqual((await all(apps.listApplicationKeys({ appId: other }))).map(({ kid }) => kid), [key.kid]);
  assert.equal((await apps.getApplicationKey({ appId: other, keyId: key.kid })).n, key.n);
  await refused(apps.generateApplicationKey({ appId, validityYears: 1 }), 400, "E0000001");

  const metadata = { subject: { countryName: "US", commonName: "SP" }, subjectAltNames: { dnsNames: ["dev.example.com"] } };
  const csr = await apps.generateCsrForApplication({ appId, metadata });
  assert.deepEqual((await all(apps.listCsrsForApplication({ appId }))).map(({ id }) => id), [csr.id]);
  assert.equal((await apps.getCsrForApplication({ appId, csrId: csr.id })).csr, csr.csr);
  await apps.revokeCsrFromApplication({ appId, csrId: csr.id });
  await refused(apps.getCsrForApplication({ appId, csrId: csr.id }), 404, "E0000007");
  for (const id of [appId, other]) {
    await apps.deactivateApplication({ appId: id });
    await apps.deleteApplication({ appId: id });
  }
});

test("trusted origins are filtered by the type of their scopes, a page at a time", async () => {
  const origins = client.trustedOriginApi;
  const made = [];
  for (const [index, type] of ["CORS", "REDIRECT", "REDIRECT", "REDIRECT"].entries()) {
    const trustedOrigin = { name: `Filtered ${index}`, origin: `https://filtered-${index}.example.com`, scopes: [{ type }] };
    made.push(await origins.createTrustedOrigin({ trustedOrigin }));
  }
  const found = await all(origins.listTrustedOrigins({ filter: 'type eq "REDIRECT"', limit: 2 }));
  assert.deepEqual(found.map(({ name }) => name), ["Filtered 1", "Filtered 2", "Filtered 3"]);
  for (const { id } of made) {
    await origins.deactivateTrustedOrigin({ trustedOriginId: id });
    await origins.deleteTrustedOrigin({ trustedOriginId: id });
  }
});

test("a rule puts users into a group, and users are linked to each other", async () => {
  const { groupApi, userApi, linkedObjectApi } = client;
  const person = (name, department) => userApi.createUser({
    body: { profile: { firstName: name, lastName: "Pike", email: `${name}@example.com`, login: `${name}@example.com`, department } },
    activate: false,
  });
  const navy = await groupApi.createGroup({ group: { profile: { name: "Navy" } } });
  const made = await groupApi.createGroupRule({
    groupRule: {
      type: "group_rule", name: "Sailors",
      conditions: {
        people: { users: { exclude: [] }, groups: { exclude: [] } },
        expression: { type: "urn:okta:expression:1.0", value: 'user.department == "Navy"' },
      },
      actions: { assignUserToGroups: { groupIds: [navy.id] } },
    },
  });
  assert.equal(made.status, "INACTIVE");
  made.name = "Seafarers";
  const rule = await groupApi.replaceGroupRule({ ruleId: made.id, groupRule: made });
  assert.equal(rule.name, "Seafarers");
  await groupApi.activateGroupRule({ ruleId: rule.id });
  assert.deepEqual((await all(groupApi.listGroupRules({ search: "sea" }))).map(({ id, status }) => [id, status]), [[rule.id, "ACTIVE"]]);
  const [zeb, ike] = [await person("zeb", "Navy"), await person("ike", "Army")];
  const members = async () => (await all(groupApi.listGroupUsers({ groupId: navy.id }))).map(({ id }) => id);
  assert.deepEqual(await members(), [zeb.id]);
  await groupApi.unassignUserFromGroup({ groupId: navy.id, userId: zeb.id });
  const kept = await groupApi.getGroupRule({ ruleId: rule.id });
  assert.deepEqual([await members(), kept.conditions.people.users.exclude], [[], [zeb.id]]);
  await refused(groupApi.replaceGroupRule({ ruleId: rule.id, groupRule: kept }), 400, "E0000001");
  await groupApi.deactivateGroupRule({ ruleId: rule.id });
  await groupApi.deleteGroupRule({ ruleId: rule.id });
  await refused(groupApi.getGroupRule({ ruleId: rule.id }), 404, "E0000007");

  const side = (name) => ({ name, title: name, description: name, type: "USER" });
  const linkedObject = { primary: side("captain"), associated: side("crew") };
  const relation = await linkedObjectApi.createLinkedObjectDefinition({ linkedObject });
  assert.equal(relation.primary.name, "captain");
  await userApi.setLinkedObjectForUser({ associatedUserId: ike.id, primaryRelationshipName: "captain", primaryUserId: zeb.id });
  assert.equal((await all(userApi.listLinkedObjectsForUser({ userId: ike.id, relationshipName: "captain" }))).length, 1);
  assert.equal((await all(userApi.listLinkedObjectsForUser({ userId: zeb.id, relationshipName: "crew" }))).length, 1);
  await userApi.deleteLinkedObjectForUser({ userId: ike.id, relationshipName: "captain" });
  assert.equal((await all(userApi.listLinkedObjectsForUser({ userId: zeb.id, relationshipName: "crew" }))).length, 0);
  await linkedObjectApi.deleteLinkedObjectDefinition({ linkedObjectName: "captain" });
  for (const { id } of [zeb, ike]) {
    await userApi.deactivateUser({ userId: id });
    await userApi.deleteUser({ userId: id });
  }
  await groupApi.deleteGroup({ groupId: navy.id });
});

test("a service with a key of its own administers through the organization's server", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "administrator", use: "sig", alg: "RS256" };
  const app = await client.applicationApi.createApplication({
    application: {
      name: "oidc_client", label: "Administrator", signOnMode: "OPENID_CONNECT",
      credentials: { oauthClient: { token_endpoint_auth_method: "private_key_jwt" } },
      settings: {
        oauthClient: {
          application_type: "service", grant_types: ["client_credentials"], response_types: ["token"],
          jwks: { keys: [jwk] },
        },
      },
    },
  });
  for (const scopeId of ["okta.authorizationServers.manage", "okta.users.read"]) {
    await client.applicationApi.grantConsentToScope({ appId: app.id, oAuth2ScopeConsentGrant: { issuer: orgUrl, scopeId } });
  }
  const administrator = new okta.Client({
    orgUrl,
    authorizationMode: "PrivateKey",
    clientId: app.credentials.oauthClient.client_id,
    scopes: ["okta.authorizationServers.manage", "okta.users.read"],
    privateKey: createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" })).export({ type: "pkcs8", format: "pem" }),
    keyId: "administrator",
  });
  const listed = await all(administrator.authorizationServerApi.listAuthorizationServers());
  assert.ok(listed.some((server) => server.name === "default"));
  await refused(administrator.groupApi.createGroup({ group: { profile: { name: "No" } } }), 403, "E0000006");
  await client.applicationApi.deactivateApplication({ appId: app.id });
  await client.applicationApi.deleteApplication({ appId: app.id });
});
