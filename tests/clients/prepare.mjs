// The demo's organization for the clients: signing by an algorithm, with a service that proves itself
// by a key and may act for people, one that signs with its secret, a phone that may be a device, an
// app of Okta's middleware and one that runs in browsers. Arguments: the demo's document, the
// algorithm, where the document goes, where the private key goes (that of RSA with `.rsa` behind).

import { readFileSync, writeFileSync } from "node:fs";
import { exportJWK, exportPKCS8, generateKeyPair } from "jose";

const [demo, algorithm, out, keyOut] = process.argv.slice(2);
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";
// A key of a kind for the robot: what it publishes; the private half goes to the file.
async function robotKey(kid, alg, path) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  writeFileSync(path, await exportPKCS8(privateKey), { mode: 0o600 });
  return { ...(await exportJWK(publicKey)), kid, alg, use: "sig" };
}
// Authlib signs with RSA only.
const keys = [await robotKey("robot-1", "ES256", keyOut), await robotKey("robot-2", "RS256", `${keyOut}.rsa`)];

const service = (label, client, grants, settings) => ({
  name: "oidc_client",
  label,
  signOnMode: "OPENID_CONNECT",
  credentials: { oauthClient: client },
  settings: {
    oauthClient: {
      application_type: "service", grant_types: grants, response_types: ["token"], ...settings,
    },
  },
});

const document = JSON.parse(readFileSync(demo, "utf8"));
for (const server of document.authorizationServers) server.credentials = { signing: { alg: algorithm } };
// People are asked for it where a request wants them to be asked; services are not.
const scopes = document.authorizationServers[0].scopes;
scopes.find((scope) => scope.name === "process:payments").consent = "FLEXIBLE";
document.apps.push(
  service(
    "Robot service",
    { client_id: "robot-service", token_endpoint_auth_method: "private_key_jwt" },
    ["client_credentials", EXCHANGE],
    { jwks: { keys } },
  ),
  service(
    "Signing service",
    {
      client_id: "signing-service",
      client_secret: { env: "CLAIMSMITH_DEMO_SECRET_SIGNING_SERVICE" },
      token_endpoint_auth_method: "client_secret_jwt",
    },
    ["client_credentials"],
    {},
  ),
);
const app = (label, type, client, settings) => ({
  name: "oidc_client",
  label,
  signOnMode: "OPENID_CONNECT",
  credentials: { oauthClient: client },
  settings: {
    oauthClient: {
      application_type: type,
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      ...settings,
    },
  },
  assignments: { groups: ["Everyone"] },
});
const middleware = `http://127.0.0.1:${process.env.MIDDLEWARE_PORT}`;
document.apps.push(
  app(
    "Express app",
    "web",
    {
      client_id: "express-app",
      client_secret: { env: "CLAIMSMITH_DEMO_SECRET_WEB_APP" },
      token_endpoint_auth_method: "client_secret_basic",
    },
    {
      redirect_uris: [`${middleware}/authorization-code/callback`],
      post_logout_redirect_uris: [`${middleware}/`],
    },
  ),
  app(
    "Single-page app",
    "browser",
    { client_id: "single-page-app", token_endpoint_auth_method: "none" },
    {
      redirect_uris: ["http://localhost:8080/login/callback"],
      allow_session_token: true,
      post_logout_redirect_uris: ["http://localhost:8080"],
    },
  ),
);
const phone = document.apps.find((app) => app.credentials.oauthClient.client_id === "phone-app");
phone.settings.oauthClient.grant_types.push(DEVICE);
const policies = document.authorizationServers[0].policies;
const people = policies.find((policy) => policy.name === "People");
people.conditions.clients.include.push("express-app", "single-page-app");
for (const rule of people.rules) rule.conditions.grantTypes.include.push(DEVICE);
policies.push({
  name: "Robots",
  priority: 90,
  type: "OAUTH_AUTHORIZATION_POLICY",
  conditions: { clients: { include: ["robot-service", "signing-service"] } },
  rules: [
    {
      name: "Whatever services may",
      priority: 1,
      type: "RESOURCE_ACCESS",
      conditions: {
        people: { groups: { include: ["EVERYONE"] } },
        grantTypes: { include: ["client_credentials", EXCHANGE] },
        scopes: { include: ["read:customers", "process:payments"] },
      },
      actions: { token: { accessTokenLifetimeMinutes: 60 } },
    },
  ],
});
writeFileSync(out, JSON.stringify(document, null, 2));
