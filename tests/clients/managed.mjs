// Okta's SDK for Node, pointed at the address for those who operate a server: with a token, and with a
// key of its own, whose assertions and proofs name that address (decision 50).

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import okta from "@okta/okta-sdk-nodejs";

const orgUrl = process.env.CLAIMSMITH_MANAGED;
const publicUrl = process.env.CLAIMSMITH_MANAGED_PUBLIC;
const client = new okta.Client({ orgUrl, token: process.env.CLAIMSMITH_BOOTSTRAP_TOKEN });

test("what is managed elsewhere is managed there only, with a token or a key", async () => {
  assert.equal((await fetch(`${publicUrl}/api/v1/apps`)).status, 404);
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "operator", use: "sig", alg: "RS256" };
  const app = await client.applicationApi.createApplication({
    application: {
      name: "oidc_client", label: "Operator", signOnMode: "OPENID_CONNECT",
      credentials: { oauthClient: { token_endpoint_auth_method: "private_key_jwt" } },
      settings: {
        oauthClient: {
          application_type: "service", grant_types: ["client_credentials"], response_types: ["token"],
          jwks: { keys: [jwk] },
        },
      },
    },
  });
  const scopes = ["okta.authorizationServers.read"];
  await client.applicationApi.grantConsentToScope({
    appId: app.id, oAuth2ScopeConsentGrant: { issuer: publicUrl, scopeId: scopes[0] },
  });
  const operator = new okta.Client({
    orgUrl, authorizationMode: "PrivateKey", clientId: app.credentials.oauthClient.client_id, scopes,
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }), keyId: "operator",
  });
  const server = await operator.authorizationServerApi.getAuthorizationServer({ authServerId: "default" });
  assert.ok(server.issuer.startsWith(`${publicUrl}/oauth2/`), server.issuer);
  assert.ok(server._links.self.href.startsWith(orgUrl), server._links.self.href);
});
