// The API of docs/app-developers.md, as it stands there: whom it lets in.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { test } from "node:test";
import okta from "@okta/okta-sdk-nodejs";

const orgUrl = process.env.CLAIMSMITH_ADMINISTERED;
const client = new okta.Client({ orgUrl, token: process.env.CLAIMSMITH_BOOTSTRAP_TOKEN });

// A port that is free now.
const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

test("the API of the page for app developers lets in whom it should", async () => {
  const page = await readFile(new URL("../../docs/app-developers.md", import.meta.url), "utf8");
  const api = /```js api\.mjs\n([\s\S]*?)```/.exec(page)[1];
  for (const name of ["email-of-services", "guide:other"]) {
    await client.authorizationServerApi.createOAuth2Scope({ authServerId: "default", oAuth2Scope: { name } });
  }
  const app = await client.applicationApi.createApplication({
    application: {
      name: "oidc_client", label: "Of the guide", signOnMode: "OPENID_CONNECT",
      credentials: { oauthClient: { token_endpoint_auth_method: "client_secret_basic" } },
      settings: { oauthClient: { application_type: "service", grant_types: ["client_credentials"], response_types: ["token"] } },
    },
  });
  const { client_id: id, client_secret: secret } = app.credentials.oauthClient;
  const token = async (scope) => (await (await fetch(`${orgUrl}/oauth2/default/v1/token`, {
    method: "POST", headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope }),
  })).json()).access_token;
  const folder = await mkdtemp(new URL("api-", import.meta.url).pathname);
  const port = await freePort();
  // People have `email`; here a service has a scope in its place.
  await writeFile(`${folder}/api.mjs`, api.replace('"email"', '"email-of-services"'));
  const child = spawn(process.execPath, ["api.mjs"], { cwd: folder, env: { ...process.env, URL: orgUrl, PORT: port } });
  try {
    const ask = async (bearer) => {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await fetch(`http://127.0.0.1:${port}/`, { headers: bearer ? { authorization: `Bearer ${bearer}` } : {} });
        } catch (error) {
          if (attempt === 100) throw error;
          await new Promise((resolve) => { setTimeout(resolve, 50); });
        }
      }
    };
    assert.equal((await ask()).status, 401);
    assert.equal((await ask("eyJ.no.token")).status, 401);
    assert.equal((await ask(await token("guide:other"))).status, 403);
    const answer = await ask(await token("email-of-services"));
    assert.deepEqual([answer.status, await answer.text()], [200, `Hello ${id}`]);
  } finally {
    child.kill();
    await rm(folder, { recursive: true });
  }
});
