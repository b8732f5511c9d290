// Okta's own JavaScript libraries, unmodified, against the server that signs by RS256, which is all
// they verify: jwt-verifier, auth-js and oidc-middleware in an Express app.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import JwtVerifier from "@okta/jwt-verifier";
import { OktaAuth } from "@okta/okta-auth-js";
import middlewareOfOkta from "@okta/oidc-middleware";
import express from "express";
import session from "express-session";
import * as oidc from "openid-client";
import { ADA, Browser } from "./pages.mjs";

const lines = readFileSync(process.env.CLAIMSMITH_SERVERS, "utf8").trim().split("\n");
const [, url, told] = lines.map((line) => line.split(" ")).find(([algorithm]) => algorithm === "RS256");
const issuer = `${url}/oauth2/internal`;
const { access_token: accessToken, id_token: idToken } = JSON.parse(readFileSync(told)).signed;
const API = "https://api.mycompany.com";
const SPA_CALLBACK = "http://localhost:8080/login/callback";
const secret = process.env.CLAIMSMITH_DEMO_SECRET_WEB_APP;
const testing = { disableHttpsCheck: true };

test("jwt-verifier takes both tokens of a person, and no other", async () => {
  const verifier = new JwtVerifier({
    issuer,
    clientId: "web-app",
    assertClaims: { "scp.includes": ["read:customers"], cid: "web-app", ver: 1 },
    testing,
  });
  const { claims } = await verifier.verifyAccessToken(accessToken, API);
  assert.deepEqual([claims.sub, claims.scp], ["ada", ["openid", "read:customers"]]);
  await assert.rejects(verifier.verifyAccessToken(accessToken, "api://default"), /audience/);
  const [header, , signature] = accessToken.split(".");
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: "grace" })).toString("base64url");
  await assert.rejects(verifier.verifyAccessToken(`${header}.${forged}.${signature}`, API));
  const other = new JwtVerifier({ issuer, assertClaims: { "scp.includes": ["admin:users"] }, testing });
  await assert.rejects(other.verifyAccessToken(accessToken, API), /scp/);
  const identities = new JwtVerifier({ issuer, clientId: "web-app", testing });
  const person = await identities.verifyIdToken(idToken, "web-app");
  assert.equal(person.claims.sub, claims.uid);
  await assert.rejects(identities.verifyIdToken(idToken, "phone-app"), /client id/);
});

// auth-js with a window that is an address only. `go` is where it sends its person, who comes back
// with what `walk` makes of that.
function authJs() {
  let address;
  const client = new OktaAuth({
    issuer,
    clientId: "single-page-app",
    redirectUri: SPA_CALLBACK,
    scopes: ["openid", "profile", "offline_access", "read:customers"],
    setLocation: (to) => { address = to; },
  });
  client.token.parseFromUrl._getLocation = () => new URL(SPA_CALLBACK);
  const byRedirect = async (walk, options) => {
    await client.token.getWithRedirect(options);
    const back = await walk(new Browser(SPA_CALLBACK), address);
    return (await client.token.parseFromUrl(back.url.href)).tokens;
  };
  return { client, byRedirect };
}

test("auth-js signs a person in by redirect, renews, tells who it is, and revokes", async (t) => {
  const { client, byRedirect } = authJs();
  t.after(() => client.tokenManager.clear()); // and with them the timers of their expiry
  const tokens = await byRedirect((browser, address) => browser.signIn(address, ...ADA));
  assert.deepEqual(Object.keys(tokens).sort(), ["accessToken", "idToken", "refreshToken"]);
  assert.equal(client.token.decode(tokens.accessToken.accessToken).payload.sub, "ada@example.com");
  await client.token.verify(tokens.idToken, { issuer, clientId: "single-page-app" });
  client.tokenManager.setTokens(tokens);
  const person = await client.token.getUserInfo(tokens.accessToken, tokens.idToken);
  assert.equal(person.given_name, "Ada");
  const renewed = await client.token.renewTokens();
  assert.notEqual(renewed.refreshToken.refreshToken, tokens.refreshToken.refreshToken);
  assert.notEqual(renewed.accessToken.accessToken, tokens.accessToken.accessToken);
  // It asks as a public client does: `Authorization: Basic` with no colon.
  const asked = (token) => client.token.introspect("accessToken", token);
  assert.equal((await asked(renewed.accessToken)).active, true);
  await client.revokeRefreshToken(renewed.refreshToken);
  await client.revokeAccessToken(renewed.accessToken);
  assert.equal((await asked(renewed.accessToken)).active, false);
  client.tokenManager.setTokens(renewed);
  await assert.rejects(client.token.renewTokens(), (error) => error.errorCode === "invalid_grant");
});

test("auth-js is told why a request was refused", async () => {
  const { byRedirect } = authJs();
  await assert.rejects(
    byRedirect((browser, address) => browser.open(address), { prompt: "none" }),
    (error) => error.errorCode === "login_required" && error.errorSummary.length > 0,
  );
});

test("auth-js signs a person in by its own form, and a session token opens the door once", async (t) => {
  const { client, byRedirect } = authJs();
  t.after(() => client.tokenManager.clear());
  const [username, password] = ADA;
  const transaction = await client.signInWithCredentials({ username, password });
  assert.equal(transaction.status, "SUCCESS");
  const { sessionToken } = transaction;
  const walk = (browser, address) => browser.open(address);
  const tokens = await byRedirect(walk, { sessionToken, prompt: "none" });
  assert.equal(client.token.decode(tokens.accessToken.accessToken).payload.sub, "ada@example.com");
  await assert.rejects(
    byRedirect(walk, { sessionToken, prompt: "none" }),
    (error) => error.errorCode === "login_required",
  );
  await assert.rejects(
    client.signInWithCredentials({ username, password: "wrong" }),
    (error) => error.errorCode === "E0000004",
  );
});

// An app as Okta's guide for the middleware writes it.
const appUrl = `http://127.0.0.1:${process.env.MIDDLEWARE_PORT}`;
let server;
before(async () => {
  const app = express();
  app.use(session({ secret: "of the app's own sessions", resave: true, saveUninitialized: false }));
  const middleware = new middlewareOfOkta.ExpressOIDC({
    issuer,
    client_id: "express-app",
    client_secret: secret,
    appBaseUrl: appUrl,
    scope: "openid profile offline_access read:customers",
    testing,
  });
  app.use(middleware.router);
  app.get("/", (request, response) => response.send("the front page"));
  app.get("/protected", middleware.ensureAuthenticated(), (request, response) => {
    response.json(request.userContext);
  });
  app.get("/leave", (request, response) => {
    response.send('<form action="/logout" method="post"><input name="x" value="y"></form>');
  });
  app.post("/forced", middleware.forceLogoutAndRevoke());
  app.get("/forced", (request, response) => {
    response.send('<form action="/forced" method="post"><input name="x" value="y"></form>');
  });
  await new Promise((ready, failed) => {
    middleware.on("ready", ready);
    middleware.on("error", failed);
  });
  server = createServer(app);
  await new Promise((ready) => server.listen(process.env.MIDDLEWARE_PORT, "127.0.0.1", ready));
});
after(() => server?.close());

test("oidc-middleware protects an Express app, and signing out of it ends everything", async () => {
  const browser = new Browser();
  const page = await browser.signIn(`${appUrl}/protected`, ...ADA);
  assert.equal(page.status, 200, page.html);
  const { userinfo, tokens } = JSON.parse(page.html);
  assert.equal(userinfo.given_name, "Ada");
  assert.equal(tokens.scope, "openid profile offline_access read:customers");
  const config = await oidc.discovery(new URL(issuer), "express-app", undefined, oidc.ClientSecretBasic(secret), {
    execute: [oidc.allowInsecureRequests],
  });
  assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, true);
  const left = await browser.submit(await browser.open(`${appUrl}/forced`), {});
  assert.equal(left.html, "the front page");
  assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, false);
  assert.equal((await oidc.tokenIntrospection(config, tokens.refresh_token)).active, false);
  const again = await browser.open(`${appUrl}/protected`);
  assert.equal(again.url.pathname, "/signin", "the session at the server is over, too");
});
