// The demo's organization for the clients: signing by an algorithm, with a service that proves itself
// by a key and may act for people, one that signs with its secret, and a phone that may be a device.
// Arguments: the demo's document, the algorithm, where the document goes, where the private key goes.

import { readFileSync, writeFileSync } from "node:fs";
import { exportJWK, exportPKCS8, generateKeyPair } from "jose";

const [demo, algorithm, out, keyOut] = process.argv.slice(2);
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";
const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
const jwk = { ...(await exportJWK(publicKey)), kid: "robot-1", alg: "ES256", use: "sig" };

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
document.apps.push(
  service(
    "Robot service",
    { client_id: "robot-service", token_endpoint_auth_method: "private_key_jwt" },
    ["client_credentials", EXCHANGE],
    { jwks: { keys: [jwk] } },
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
const phone = document.apps.find((app) => app.credentials.oauthClient.client_id === "phone-app");
phone.settings.oauthClient.grant_types.push(DEVICE);
document.authorizationServers[0].policies.push({
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
writeFileSync(keyOut, await exportPKCS8(privateKey), { mode: 0o600 });
