// oauth4webapi through every flow that needs no browser: clients that sign, tokens bound to a key,
// revocation, userinfo, pushed requests, devices and token exchange.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { importPKCS8 } from "jose";
import * as oauth from "oauth4webapi";

const API = "https://api.mycompany.com";
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
const insecure = { [oauth.allowInsecureRequests]: true };

const lines = readFileSync(process.env.CLAIMSMITH_SERVERS, "utf8").trim().split("\n");

async function discovered(issuer) {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure));
}

async function refused(promise, code) {
  await assert.rejects(promise, (error) => error.error === code || assert.fail(error));
}

for (const line of lines) {
  const [algorithm, url, told, keyFile] = line.split(" ");
  const issuer = `${url}/oauth2/internal`;
  const person = JSON.parse(readFileSync(told)).signed.access_token;
  const robot = { client_id: "robot-service" };
  const webApp = { client_id: "web-app" };
  const bySecret = oauth.ClientSecretBasic(process.env.CLAIMSMITH_DEMO_SECRET_WEB_APP);
  const byKey = async () =>
    oauth.PrivateKeyJwt({ key: await importPKCS8(readFileSync(keyFile, "utf8"), "ES256"), kid: "robot-1" });

  async function credentials(as, client, auth, options = {}) {
    const form = { scope: "read:customers" };
    const answer =
      await oauth.clientCredentialsGrantRequest(as, client, auth, form, { ...insecure, ...options });
    return oauth.processClientCredentialsResponse(as, client, answer);
  }

  async function active(as, client, auth, token) {
    const answer = await oauth.introspectionRequest(as, client, auth, token, insecure);
    return (await oauth.processIntrospectionResponse(as, client, answer)).active;
  }

  test(`${algorithm}: clients prove themselves by a key and by a secret that signs`, async () => {
    const as = await discovered(issuer);
    const token = await credentials(as, robot, await byKey());
    assert.equal(token.token_type, "bearer");
    const secret = process.env.CLAIMSMITH_DEMO_SECRET_SIGNING_SERVICE;
    const client = { client_id: "signing-service" };
    assert.ok((await credentials(as, client, oauth.ClientSecretJwt(secret))).access_token);
    const wrong = oauth.ClientSecretJwt("another secret, which is as long as it");
    await assert.rejects(credentials(as, client, wrong));
  });

  test(`${algorithm}: a token given back counts no more`, async () => {
    const as = await discovered(issuer);
    const { access_token: token } = await credentials(as, robot, await byKey());
    assert.equal(await active(as, robot, await byKey(), token), true);
    const answer = await oauth.revocationRequest(as, robot, await byKey(), token, insecure);
    await oauth.processRevocationResponse(answer);
    assert.equal(await active(as, robot, await byKey(), token), false);
  });

  test(`${algorithm}: a token is bound to a key once the nonce is known`, async () => {
    const as = await discovered(issuer);
    for (const kind of ["ES256", "RS256"]) {
      const DPoP = oauth.DPoP(robot, await oauth.generateKeyPair(kind));
      await assert.rejects(credentials(as, robot, await byKey(), { DPoP }), oauth.isDPoPNonceError);
      const token = await credentials(as, robot, await byKey(), { DPoP });
      assert.equal(token.token_type, "dpop");
    }
  });

  test(`${algorithm}: a person's claims are told for their token`, async () => {
    const as = await discovered(issuer);
    const answer = await oauth.userInfoRequest(as, webApp, person, insecure);
    const claims = await oauth.processUserInfoResponse(as, webApp, oauth.skipSubjectCheck, answer);
    assert.ok(claims.sub);
    const none = await oauth.userInfoRequest(as, webApp, "no.such.token", insecure);
    await assert.rejects(oauth.processUserInfoResponse(as, webApp, claims.sub, none));
  });

  test(`${algorithm}: a service acts for a person with a token of its own`, async () => {
    const as = await discovered(issuer);
    const form = { subject_token: person, subject_token_type: ACCESS_TOKEN, audience: API };
    const answer =
      await oauth.genericTokenEndpointRequest(as, robot, await byKey(), EXCHANGE, form, insecure);
    const token = await oauth.processGenericTokenEndpointResponse(as, robot, answer);
    assert.equal(token.issued_token_type, ACCESS_TOKEN);
    const claims = JSON.parse(Buffer.from(token.access_token.split(".")[1], "base64url"));
    assert.deepEqual(claims.act, { sub: "robot-service" });
    assert.equal(claims.sub.includes("ada"), true);
  });

  test(`${algorithm}: a request is pushed, and what is wrong with one is told at once`, async () => {
    const as = await discovered(issuer);
    const challenge = await oauth.calculatePKCECodeChallenge(oauth.generateRandomCodeVerifier());
    const request = {
      response_type: "code",
      redirect_uri: "http://127.0.0.1:3000/callback",
      scope: "openid",
      code_challenge: challenge,
      code_challenge_method: "S256",
    };
    const push = async (form) => {
      const answer = await oauth.pushedAuthorizationRequest(as, webApp, bySecret, form, insecure);
      return oauth.processPushedAuthorizationResponse(as, webApp, answer);
    };
    const { request_uri: name } = await push(request);
    assert.match(name, /^urn:ietf:params:oauth:request_uri:/);
    await refused(push({ ...request, scope: "nothing" }), "invalid_scope");
  });

  test(`${algorithm}: a device waits for its person`, async () => {
    const as = await discovered(issuer);
    const client = { client_id: "phone-app" };
    const form = { scope: "openid" };
    const begun = await oauth.deviceAuthorizationRequest(as, client, oauth.None(), form, insecure);
    const device = await oauth.processDeviceAuthorizationResponse(as, client, begun);
    assert.equal(device.verification_uri, `${url}/activate`);
    const poll = async () => {
      const asked =
        await oauth.deviceCodeGrantRequest(as, client, oauth.None(), device.device_code, insecure);
      return oauth.processDeviceCodeResponse(as, client, asked);
    };
    await refused(poll(), "authorization_pending");
    await refused(poll(), "slow_down");
  });
}
