// A small web application and two small services: what the story in the browser is about. The
// application signs people in by openid-client; service A takes access tokens for its audience, by
// the published keys and by introspection; service B has another audience and refuses A's.
import { createServer } from "node:http";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as oidc from "openid-client";

const issuer = process.env.ISSUER;
const port = 3000;
const callback = `http://127.0.0.1:${port}/callback`;
const audienceOfA = "https://api.mycompany.com";
const audienceOfB = "https://my-partner-api.com";
const secret = process.env.CLAIMSMITH_DEMO_SECRET_WEB_APP;

const config = await oidc.discovery(new URL(issuer), "web-app", undefined, oidc.ClientSecretBasic(secret), {
    execute: [oidc.allowInsecureRequests],
});
const keys = createRemoteJWKSet(new URL(`${issuer}/v1/keys`));

// A service: 401 for a token that is not for it, 403 without the scope.
async function service(audience, token, scope) {
    try {
        const { payload } = await jwtVerify(token, keys, { issuer, audience });
        return payload.scp.includes(scope) ? 200 : 403;
    } catch {
        return 401;
    }
}

const waiting = new Map();

async function login(url, response) {
    const verifier = oidc.randomPKCECodeVerifier();
    const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
    waiting.set(state, { verifier, nonce });
    const parameters = {
        redirect_uri: callback,
        scope: "openid profile offline_access read:customers process:payments",
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        state,
        nonce,
    };
    const prompt = url.searchParams.get("prompt");
    const to = oidc.buildAuthorizationUrl(config, prompt ? { ...parameters, prompt } : parameters);
    response.writeHead(302, { location: to.href }).end();
}

async function back(url, response) {
    const told = [];
    const expected = waiting.get(url.searchParams.get("state"));
    waiting.delete(url.searchParams.get("state"));
    const tokens = await oidc.authorizationCodeGrant(config, url, {
        pkceCodeVerifier: expected.verifier,
        expectedState: url.searchParams.get("state"),
        expectedNonce: expected.nonce,
    });
    told.push(`signed in as ${tokens.claims().sub}`);
    const token = tokens.access_token;
    const seen = await oidc.tokenIntrospection(config, token);
    const accepted = await service(audienceOfA, token, "process:payments") === 200 && seen.active;
    told.push(accepted ? "API A accepts" : "API A does not accept");
    told.push(await service(audienceOfB, token, "read:customers") === 401 ? "API B refuses" : "API B does not refuse");
    told.push(await service(audienceOfA, token, "admin:users") === 403 ? "403 without the scope" : "no 403");
    const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    told.push(await service(audienceOfA, renewed.access_token, "read:customers") === 200 ? "refreshed" : "not refreshed");
    // Giving the refresh token back ends all that came of the sign-in.
    await oidc.tokenRevocation(config, renewed.refresh_token);
    const after = await oidc.tokenIntrospection(config, renewed.access_token);
    const refused = await oidc.refreshTokenGrant(config, renewed.refresh_token).then(() => false, () => true);
    told.push(!after.active && refused ? "access ended" : "access goes on");
    response.writeHead(200, { "content-type": "text/plain" }).end(told.join("\n"));
}

createServer(async (request, response) => {
    const url = new URL(request.url, callback);
    try {
        if (url.pathname === "/login") await login(url, response);
        else if (url.pathname === "/callback") await back(url, response);
        else response.writeHead(404).end();
    } catch (error) {
        response.writeHead(200, { "content-type": "text/plain" }).end(`${error.error ?? error}: ${error.error_description ?? ""}`);
    }
}).listen(port, "127.0.0.1", () => console.log("ready"));
