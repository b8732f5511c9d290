// Codes with PKCE through the real pages, by openid-client and oauth4webapi: sign-in, tokens,
// refresh, reuse, revocation, userinfo, pushed requests, keys of the client's own, and devices.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { importPKCS8 } from "jose";
import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";
import { ADA, Browser } from "./pages.mjs";

const CALLBACK = "http://127.0.0.1:3000/callback";
const PHONE_CALLBACK = "com.mycompany.phone:/callback";
const API = "https://api.mycompany.com";
const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";
const SCOPE = "openid profile offline_access read:customers";
const insecure = { [oauth.allowInsecureRequests]: true };
const lines = readFileSync(process.env.CLAIMSMITH_SERVERS, "utf8").trim().split("\n");

for (const line of lines) {
  const [algorithm, url, , keyFile] = line.split(" ");
  const issuer = new URL(`${url}/oauth2/internal`);
  const secrets = (name) => process.env[`CLAIMSMITH_DEMO_SECRET_${name}`];
  const discover = (client, auth, options = {}) =>
    oidc.discovery(issuer, client, { id_token_signed_response_alg: algorithm }, auth, {
      execute: [oidc.allowInsecureRequests],
      ...options,
    });
  const webApp = () => discover("web-app", oidc.ClientSecretBasic(secrets("WEB_APP")));
  const phone = () => discover("phone-app", oidc.None());

  // What a client does before and after its person was away.
  async function signIn(config, redirect_uri, changed = {}, { pushed, DPoP } = {}) {
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
    const parameters = {
      redirect_uri,
      scope: SCOPE,
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: "S256",
      state,
      nonce,
      ...changed,
    };
    const address = pushed
      ? await oidc.buildAuthorizationUrlWithPAR(config, parameters)
      : oidc.buildAuthorizationUrl(config, parameters);
    const back = await new Browser(redirect_uri).signIn(address, ...ADA);
    const expected = { pkceCodeVerifier, expectedState: state, expectedNonce: nonce };
    const tokens = await oidc.authorizationCodeGrant(config, back.url, expected, undefined, { DPoP });
    return { tokens, back: back.url, expected };
  }

  const fails = (promise, code) =>
    assert.rejects(promise, (error) => error.error === code || assert.fail(error));

  test(`${algorithm}: openid-client signs a person in, refreshes, and is asked about it`, async () => {
    const config = await webApp();
    const { tokens } = await signIn(config, CALLBACK);
    assert.equal(tokens.scope, SCOPE);
    const claims = tokens.claims();
    assert.equal(claims.aud, "web-app");
    const person = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
    assert.equal(person.given_name, "Ada");
    const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    assert.equal(renewed.scope, SCOPE);
    assert.equal(renewed.claims().sub, claims.sub);
    const narrowed =
      await oidc.refreshTokenGrant(config, renewed.refresh_token, { scope: "openid read:customers" });
    assert.equal(narrowed.scope, "openid read:customers");
    const said = await oidc.tokenIntrospection(config, narrowed.access_token);
    assert.deepEqual([said.active, said.username], [true, "ada@example.com"]);
    await oidc.tokenRevocation(config, renewed.refresh_token);
    assert.equal((await oidc.tokenIntrospection(config, narrowed.access_token)).active, false);
    await fails(oidc.refreshTokenGrant(config, renewed.refresh_token), "invalid_grant");
  });

  test(`${algorithm}: a code that is spent twice ends what it gave`, async () => {
    const config = await webApp();
    const { tokens, back, expected } = await signIn(config, CALLBACK);
    await fails(oidc.authorizationCodeGrant(config, back, expected), "invalid_grant");
    assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, false);
    await fails(oidc.refreshTokenGrant(config, tokens.refresh_token), "invalid_grant");
  });

  test(`${algorithm}: a public client's refresh tokens change, and an old one ends them all`, async () => {
    const config = await phone();
    const { tokens } = await signIn(config, PHONE_CALLBACK);
    const used = [tokens.refresh_token];
    for (let turn = 0; turn < 3; turn += 1) {
      const renewed = await oidc.refreshTokenGrant(config, used.at(-1));
      assert.ok(!used.includes(renewed.refresh_token));
      used.push(renewed.refresh_token);
    }
    await fails(oidc.refreshTokenGrant(config, used[0]), "invalid_grant");
    await fails(oidc.refreshTokenGrant(config, used.at(-1)), "invalid_grant");
  });

  test(`${algorithm}: a request is pushed ahead of its person, and its name used once`, async () => {
    const config = await webApp();
    const { tokens } = await signIn(config, CALLBACK, {}, { pushed: true });
    assert.equal(tokens.scope, SCOPE);
  });

  test(`${algorithm}: a public client binds its tokens to its key`, async () => {
    const config = await phone();
    const keys = await oidc.randomDPoPKeyPair("ES256");
    const DPoP = oidc.getDPoPHandle(config, keys);
    const { tokens } = await signIn(config, PHONE_CALLBACK, {}, { DPoP });
    assert.equal(tokens.token_type, "dpop");
    const sub = tokens.claims().sub;
    const person = await oidc.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
    assert.equal(person.sub, sub);
    await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, sub), "no token of the bearer");
    const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
    assert.equal(renewed.token_type, "dpop");
    const other = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair("ES256"));
    await assert.rejects(oidc.refreshTokenGrant(config, renewed.refresh_token, undefined, { DPoP: other }));
  });

  test(`${algorithm}: a refused request comes back with its error, its state and its issuer`, async () => {
    const config = await webApp();
    await fails(signIn(config, CALLBACK, { scope: "openid admin:users nothing" }), "invalid_scope");
    await fails(signIn(config, CALLBACK, { prompt: "none" }), "login_required");
  });

  test(`${algorithm}: a person denies, and a browser that knows them is not asked again`, async () => {
    const config = await webApp();
    const browser = new Browser(CALLBACK);
    const challenge = await oidc.calculatePKCECodeChallenge(oidc.randomPKCECodeVerifier());
    const request = {
      redirect_uri: CALLBACK, scope: "openid process:payments", code_challenge: challenge,
      code_challenge_method: "S256", state: "of-this-request",
    };
    const asked = (changed) => oidc.buildAuthorizationUrl(config, { ...request, ...changed });
    await browser.signIn(asked({}), ...ADA);
    const quiet = await browser.open(asked({ prompt: "none" }));
    assert.ok(quiet.url.searchParams.get("code"));
    const consent = await browser.open(asked({ prompt: "consent" }));
    const { url: denied } = await browser.submit(consent, { decision: "deny" });
    assert.equal(denied.searchParams.get("error"), "access_denied");
    assert.equal(denied.searchParams.get("state"), "of-this-request");
    assert.equal(denied.searchParams.get("iss"), issuer.href);
  });

  test(`${algorithm}: a device is allowed by a person elsewhere, and polls for its tokens`, async () => {
    const config = await phone();
    const device = await oidc.initiateDeviceAuthorization(config, { scope: SCOPE });
    const browser = new Browser();
    const page = await browser.signIn(device.verification_uri_complete, ...ADA);
    const confirmed = await browser.submit(page, {});
    const done = await browser.submit(confirmed, { decision: "allow" });
    assert.match(done.html, /role="status"/);
    const tokens = await oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 0.1 });
    assert.equal(tokens.scope, SCOPE);
    assert.ok(tokens.claims().sub && tokens.refresh_token);
    const again = { grant_type: DEVICE, device_code: device.device_code };
    await fails(oidc.genericGrantRequest(config, DEVICE, again), "invalid_grant");
  });

  test(`${algorithm}: services prove themselves in each way there is`, async () => {
    const key = await importPKCS8(readFileSync(keyFile, "utf8"), "ES256");
    for (const [client, auth, parameters] of [
      ["billing-service", oidc.ClientSecretBasic(secrets("BILLING_SERVICE")), { resource: API }],
      ["partner-service", oidc.ClientSecretPost(secrets("PARTNER_SERVICE")), { resource: "https://my-partner-api.com" }],
      ["signing-service", oidc.ClientSecretJwt(secrets("SIGNING_SERVICE")), {}],
      ["robot-service", oidc.PrivateKeyJwt({ key, kid: "robot-1" }), {}],
    ]) {
      const config = await discover(client, auth);
      const tokens = await oidc.clientCredentialsGrant(config, { scope: "read:customers", ...parameters });
      assert.equal(tokens.scope, "read:customers", client);
      const said = await oidc.tokenIntrospection(config, tokens.access_token);
      assert.deepEqual([said.active, said.client_id], [true, client]);
      await oidc.tokenRevocation(config, tokens.access_token);
      assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, false);
    }
  });

  test(`${algorithm}: oauth4webapi spends a code from the pages and checks each answer`, async () => {
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
    assert.equal(as.authorization_response_iss_parameter_supported, true);
    assert.deepEqual(as.code_challenge_methods_supported, ["S256"]);
    const client = { client_id: "web-app", id_token_signed_response_alg: algorithm };
    const auth = oauth.ClientSecretBasic(secrets("WEB_APP"));
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const address = new URL(as.authorization_endpoint);
    address.search = new URLSearchParams({
      client_id: "web-app", redirect_uri: CALLBACK, response_type: "code", scope: SCOPE, state, nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
      max_age: "300",
    });
    const back = await new Browser(CALLBACK).signIn(address, ...ADA);
    const parameters = oauth.validateAuthResponse(as, client, back.url, state);
    const answer = await oauth.authorizationCodeGrantRequest(
      as, client, auth, parameters, CALLBACK, verifier, insecure,
    );
    const options = { expectedNonce: nonce, maxAge: 300, requireIdToken: true };
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, options);
    await oauth.validateApplicationLevelSignature(as, answer, insecure);
    const { sub } = oauth.getValidatedIdTokenClaims(tokens);
    const told = await oauth.userInfoRequest(as, client, tokens.access_token, insecure);
    assert.equal((await oauth.processUserInfoResponse(as, client, sub, told)).sub, sub);
    const asked = await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token, insecure);
    const renewed = await oauth.processRefreshTokenResponse(as, client, asked);
    assert.equal(renewed.scope, SCOPE);
  });
}
