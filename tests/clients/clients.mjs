// jose and oauth4webapi against the servers that `run` started.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import * as oauth from "oauth4webapi";

const API = "https://api.mycompany.com";
const lines = readFileSync(process.env.CLAIMSMITH_SERVERS, "utf8").trim().split("\n");
const servers = lines.map((line) => {
  const [algorithm, url, path] = line.split(" ");
  return { algorithm, issuer: `${url}/oauth2/internal`, told: JSON.parse(readFileSync(path)) };
});

async function verified(token, { issuer, algorithm }, audience) {
  const keys = createRemoteJWKSet(new URL(`${issuer}/v1/keys`));
  const options = { issuer, audience, algorithms: [algorithm], requiredClaims: ["exp", "sub"] };
  return (await jwtVerify(token, keys, options)).payload;
}

for (const server of servers) {
  const { algorithm, issuer, told } = server;
  const [access, identity] = [told.signed.access_token, told.signed.id_token];

  test(`${algorithm}: both tokens of a person verify and say what was asked`, async () => {
    const claims = await verified(access, server, API);
    assert.equal(claims.ver, 1);
    assert.deepEqual(claims.scp, ["openid", "read:customers"]);
    assert.deepEqual(claims.roles, ["admin", "auditor"]);
    assert.equal(claims.department, "Engineering");
    const person = await verified(identity, server, "web-app");
    assert.equal(person.sub, claims.uid);
    const hash = createHash(algorithm === "EdDSA" ? "sha512" : "sha256").update(access).digest();
    assert.equal(person.at_hash, hash.subarray(0, hash.length / 2).toString("base64url"));
  });

  test(`${algorithm}: a changed token and another audience are refused`, async () => {
    const [header, claims, signature] = access.split(".");
    const other = claims.slice(0, 20) + (claims[20] === "A" ? "B" : "A") + claims.slice(21);
    await assert.rejects(verified(`${header}.${other}.${signature}`, server, API));
    const wrong = verified(access, server, "https://my-partner-api.com");
    await assert.rejects(wrong, errors.JWTClaimValidationFailed);
  });

  test(`${algorithm}: a service discovers, gets a token and asks about it`, async () => {
    const insecure = { [oauth.allowInsecureRequests]: true };
    const url = new URL(issuer);
    const discovered = await oauth.discoveryRequest(url, { algorithm: "oauth2", ...insecure });
    const as = await oauth.processDiscoveryResponse(url, discovered);
    const client = { client_id: "billing-service" };
    const secret = process.env.CLAIMSMITH_DEMO_SECRET_BILLING_SERVICE;
    const basic = oauth.ClientSecretBasic(secret);
    const parameters = { scope: "read:customers process:payments", resource: API };
    const answer = await oauth.clientCredentialsGrantRequest(as, client, basic, parameters, insecure);
    const token = await oauth.processClientCredentialsResponse(as, client, answer);
    assert.equal(token.scope, parameters.scope);
    const claims = await verified(token.access_token, server, API);
    assert.equal(claims.sub, "billing-service");
    assert.equal(claims.can_pay, true);
    const asked = await oauth.introspectionRequest(as, client, basic, token.access_token, insecure);
    const said = await oauth.processIntrospectionResponse(as, client, asked);
    assert.equal(said.active, true);
    assert.equal(said.client_id, "billing-service");
    const wrong = oauth.ClientSecretBasic("another-secret-than-that");
    const refused = await oauth.clientCredentialsGrantRequest(as, client, wrong, parameters, insecure);
    const failed = oauth.processClientCredentialsResponse(as, client, refused);
    await assert.rejects(failed, (error) => error.status === 401);
  });
}
