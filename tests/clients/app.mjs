// What `claimsmith app create` prints runs as it is: by curl and by openid-client, for each type of
// application, against the server that began empty.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { promisify } from "node:util";
import okta from "@okta/okta-sdk-nodejs";
import { decodeJwt } from "jose";
import { Browser } from "./pages.mjs";

const orgUrl = process.env.CLAIMSMITH_ADMINISTERED;
const token = process.env.CLAIMSMITH_BOOTSTRAP_TOKEN;
const binary = process.env.CLAIMSMITH_BINARY;
const client = new okta.Client({ orgUrl, token });
const PERSON = ["day-one@example.com", "a good password of day one"];

async function create(...words) {
  const { stdout } = await promisify(execFile)(binary, ["app", "create", "--json", "--url", orgUrl, ...words], {
    env: { ...process.env, CLAIMSMITH_API_TOKEN: token },
  });
  return JSON.parse(stdout);
}

const environment = (app) => ({ ...process.env, CLIENT_SECRET: app.client_secret ?? "" });

// Runs the module that was printed; `act` is handed the address that it says is to be opened.
async function runModule(app, act, prelude = "") {
  const folder = await mkdtemp(new URL("app-", import.meta.url).pathname);
  try {
    await writeFile(`${folder}/app.mjs`, prelude + app.node);
    const child = spawn(process.execPath, ["app.mjs"], { cwd: folder, env: environment(app) });
    let said = "";
    child.stderr.on("data", (data) => { said += data; });
    const lines = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      const address = /^Open (.*)$/.exec(line)?.[1];
      if (address) await act(address, child);
    }
    if (child.exitCode === null) await once(child, "exit");
    assert.equal(child.exitCode, 0, said);
    return lines.join("\n");
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.before(async () => {
  const [login, password] = PERSON;
  await client.userApi.createUser({
    body: { profile: { login, email: login, firstName: "Day", lastName: "One" }, credentials: { password: { value: password } } },
    activate: true,
  });
});

test("a service gets a token by curl and by openid-client", async () => {
  const scope = { name: "day:one", consent: "IMPLICIT" };
  await client.authorizationServerApi.createOAuth2Scope({ authServerId: "default", oAuth2Scope: scope });
  const app = await create("--type", "service", "--label", "A service", "--scope", "day:one");
  const { stdout } = await promisify(execFile)("bash", ["-euc", app.curl], { env: environment(app) });
  assert.deepEqual(decodeJwt(JSON.parse(stdout).access_token).scp, ["day:one"]);
  const said = await runModule(app, () => assert.fail("nobody signs in"));
  assert.equal(decodeJwt(said).cid, app.client_id);
});

for (const type of ["web", "native"]) {
  test(`people sign in to a ${type} application by curl and by openid-client`, async () => {
    const port = type === "web" ? ":47113" : "";
    const redirect = `http://127.0.0.1${port}/callback`;
    const app = await create("--type", type, "--redirect-uri", redirect);
    const said = await runModule(app, async (address) => {
      const { status, html } = await new Browser().signIn(address, ...PERSON);
      assert.deepEqual([status, html], [200, "You are signed in."]);
    });
    assert.match(said, /sub: /);

    const shell = spawn("bash", ["-euc", app.curl], { env: environment(app) });
    let told = "";
    for await (const data of shell.stdout) {
      told += data;
      const address = /^Open (.*)$/m.exec(told)?.[1];
      if (!address || shell.stdin.writableEnded) continue;
      const { url } = await new Browser(redirect).signIn(address, ...PERSON);
      shell.stdin.end(`${url.searchParams.get("code")}\n`);
    }
    const answer = JSON.parse(told.slice(told.indexOf("{")));
    assert.equal(decodeJwt(answer.id_token).aud, app.client_id);
    assert.ok(answer.refresh_token);
  });
}

test("an address elsewhere is pasted", async () => {
  const app = await create("--type", "web", "--redirect-uri", "https://shop.example.com/callback");
  const said = await runModule(app, async (address, child) => {
    const { url } = await new Browser("https://shop.example.com").signIn(address, ...PERSON);
    child.stdin.end(`${url.href}\n`);
  });
  assert.match(said, /sub: /);
});

test("a page in a browser signs people in", async () => {
  const redirect = "http://127.0.0.1:47114/";
  const app = await create("--type", "browser", "--redirect-uri", redirect);
  assert.equal(app.client_secret, null);
  // What a page has and a script lacks: where it is, and what the tab keeps.
  const page = (here, kept) => `
    const kept = new Map(${JSON.stringify([...kept])});
    globalThis.sessionStorage = { getItem: (name) => kept.get(name), setItem: (name, value) => kept.set(name, value) };
    globalThis.location = { href: ${JSON.stringify(here)}, assign: (address) => {
      console.log("KEPT " + JSON.stringify([...kept]));
      console.log("GO " + address);
    } };
  `;
  const first = await runModule(app, () => {}, page(redirect, []));
  const kept = JSON.parse(/^KEPT (.*)$/m.exec(first)[1]);
  const { url } = await new Browser(redirect).signIn(/^GO (.*)$/m.exec(first)[1], ...PERSON);
  const second = await runModule(app, () => {}, page(url.href, kept));
  assert.match(second, /sub: /);
});
