//! How an application gets its first token: by curl, and by npm's openid-client (version 6), as texts that
//! run as they are. Neither has the secret in it: both take it from the environment.

use super::Kind;
use crate::fetch::encoded;
use serde_json::{Value, json};

/// An application that was registered.
pub(super) struct Registered {
    pub(super) kind: Kind,
    pub(super) label: String,
    pub(super) id: String,
    pub(super) client_id: String,
    /// Told this once.
    pub(super) secret: Option<String>,
    pub(super) issuer: String,
    /// The first of them; empty for a service.
    pub(super) redirect_uri: String,
    pub(super) scopes: Vec<String>,
}

/// Whether nobody but this machine is sent to a redirect URI, so that an example may listen there.
fn is_loopback(uri: &str) -> bool {
    let hosts = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    hosts.iter().filter_map(|host| uri.strip_prefix(host)).any(|rest| rest.starts_with([':', '/']))
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

impl Registered {
    fn discovery(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer)
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "{} is registered as {}\n\nclient_id      {}\n",
            self.label, self.id, self.client_id
        );
        if let Some(secret) = &self.secret {
            text.push_str(&format!("client_secret  {secret}\n"));
        }
        let (issuer, discovery) = (&self.issuer, self.discovery());
        text.push_str(&format!("issuer         {issuer}\ndiscovery      {discovery}\n"));
        if self.secret.is_some() {
            text.push_str(
                "\nThe secret is told this once. Both examples take it from the environment:\n\
                 export CLIENT_SECRET=...\n",
            );
        }
        if self.scopes.is_empty() {
            text.push_str(
                "\nThe server has no scope of its own yet, and a service must ask for one: make it, and \
                 put its name in the place of SCOPE.\n",
            );
        }
        let (curl, node) = (self.curl(), self.node());
        text.push_str(&format!("\nWith curl:\n\n```sh\n{curl}```\n"));
        let library = "With openid-client (npm install openid-client@6; save it as app.mjs)";
        text.push_str(&format!("\n{library}:\n\n```js\n{node}```\n"));
        text
    }

    /// For programs.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "client_id": self.client_id,
            "client_secret": self.secret,
            "issuer": self.issuer,
            "discovery": self.discovery(),
            "curl": self.curl(),
            "node": self.node(),
        })
    }

    fn scope(&self) -> String {
        if self.scopes.is_empty() { "SCOPE".to_owned() } else { self.scopes.join(" ") }
    }

    /// How curl says which client it is.
    fn credentials(&self) -> String {
        let id = quoted(&self.client_id);
        match self.kind.has_secret() {
            true => format!("-u {id}:\"$CLIENT_SECRET\""),
            false => format!("--data-urlencode client_id={id}"),
        }
    }

    fn curl(&self) -> String {
        let (credentials, scope) = (self.credentials(), quoted(&self.scope()));
        let token = quoted(&format!("{}/v1/token", self.issuer));
        if self.kind == Kind::Service {
            return format!(
                "curl -s {credentials} -d grant_type=client_credentials \\\n  \
                 --data-urlencode scope={scope} \\\n  {token}\n"
            );
        }
        let address = format!(
            "{}/v1/authorize?client_id={}&response_type=code&scope={}&redirect_uri={}\
             &code_challenge_method=S256",
            self.issuer,
            encoded(&self.client_id),
            encoded(&self.scope()),
            encoded(&self.redirect_uri)
        );
        let (address, redirect) = (quoted(&address), quoted(&self.redirect_uri));
        format!(
            r#"VERIFIER=$(openssl rand -base64 48 | tr '+/' '-_' | tr -d '=\n')
CHALLENGE=$(printf %s "$VERIFIER" | openssl dgst -sha256 -binary | openssl base64 | tr '+/' '-_' | tr -d '=\n')
echo Open {open}
printf 'The code in the address where you are sent: '
read -r CODE
curl -s {credentials} -d grant_type=authorization_code \
  -d code_verifier="$VERIFIER" --data-urlencode code="$CODE" \
  --data-urlencode redirect_uri={redirect} \
  {token}
"#,
            open = format_args!(
                "{address}\"&code_challenge=$CHALLENGE&state=$(openssl rand -hex 8)\""
            ),
        )
    }

    /// How openid-client finds the server, and says which client it is.
    fn config(&self) -> String {
        let id = json!(self.client_id);
        let issuer = json!(self.issuer);
        let proof = match self.kind.has_secret() {
            true => {
                "process.env.CLIENT_SECRET, client.ClientSecretBasic(process.env.CLIENT_SECRET)"
            }
            false => "undefined, client.None()",
        };
        let plain = match self.issuer.starts_with("http://") {
            true => ", {\n  execute: [client.allowInsecureRequests], // as long as it is http\n}",
            false => "",
        };
        format!(
            "const config = await client.discovery(new URL({issuer}), {id},\n  {proof}{plain});\n"
        )
    }

    fn node(&self) -> String {
        let (config, scope) = (self.config(), json!(self.scope()));
        let head = "import * as client from \"openid-client\";\n";
        if self.kind == Kind::Service {
            return format!(
                "{head}\n{config}const tokens = await client.clientCredentialsGrant(config, {{ scope: {scope} }});\n\
                 console.log(tokens.access_token);\n"
            );
        }
        let redirect = json!(self.redirect_uri);
        match self.kind {
            Kind::Browser => format!("{head}\n{config}{}", in_browser(&redirect, &scope)),
            _ if is_loopback(&self.redirect_uri) => {
                // The port of a native application is any (RFC 8252 §7.3).
                let port = if self.kind == Kind::Native { 0 } else { 80 };
                let imports = "import { on, once } from \"node:events\";\n\
                               import { createServer } from \"node:http\";\n";
                format!("{head}{imports}\n{config}{}", listening(&redirect, &scope, port))
            }
            _ => {
                let imports = "import { createInterface } from \"node:readline/promises\";\n";
                format!("{head}{imports}\n{config}{}", pasted(&redirect, &scope))
            }
        }
    }
}

/// The address where somebody signs in, of `redirect`.
fn request(scope: &Value) -> String {
    format!(
        "const pkceCodeVerifier = client.randomPKCECodeVerifier();\n\
         const expectedState = client.randomState();\n\
         const address = client.buildAuthorizationUrl(config, {{\n  \
           redirect_uri: redirect.href, scope: {scope}, state: expectedState,\n  \
           code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),\n  \
           code_challenge_method: \"S256\",\n\
         }});\n"
    )
}

const GRANT: &str =
    "client.authorizationCodeGrant(config, here, { pkceCodeVerifier, expectedState })";

fn listening(redirect: &Value, scope: &Value, port: u16) -> String {
    format!(
        "const redirect = new URL({redirect});\n\
         const server = createServer().listen(redirect.port || {port}, redirect.hostname);\n\
         await once(server, \"listening\");\n\
         redirect.port = server.address().port;\n\n\
         {request}console.log(`Open ${{address.href}}`);\n\n\
         for await (const [request, response] of on(server, \"request\")) {{\n  \
           const here = new URL(request.url, redirect);\n  \
           if (here.pathname !== redirect.pathname) {{\n    \
             response.writeHead(404).end();\n    \
             continue;\n  \
           }}\n  \
           const tokens = await {GRANT};\n  \
           console.log(tokens.claims(), tokens.access_token);\n  \
           response.end(\"You are signed in.\");\n  \
           break;\n\
         }}\n\
         server.close();\n",
        request = request(scope),
    )
}

fn pasted(redirect: &Value, scope: &Value) -> String {
    format!(
        "const redirect = new URL({redirect});\n\
         {request}console.log(`Open ${{address.href}}`);\n\n\
         const terminal = createInterface({{ input: process.stdin, output: process.stderr }});\n\
         const here = new URL(await terminal.question(\"The address where you are sent: \"));\n\
         terminal.close();\n\
         const tokens = await {GRANT};\n\
         console.log(tokens.claims(), tokens.access_token);\n",
        request = request(scope),
    )
}

/// On a page at the redirect URI. What has to outlast the way to the server and back is kept by the tab.
fn in_browser(redirect: &Value, scope: &Value) -> String {
    let request: String = request(scope).lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "const redirect = new URL({redirect});\n\
         const here = new URL(location.href);\n\
         if (here.searchParams.has(\"state\")) {{\n  \
           const {{ pkceCodeVerifier, expectedState }} = JSON.parse(sessionStorage.getItem(\"signing in\"));\n  \
           const tokens = await {GRANT};\n  \
           console.log(tokens.claims(), tokens.access_token);\n\
         }} else {{\n\
         {request}  \
           sessionStorage.setItem(\"signing in\", JSON.stringify({{ pkceCodeVerifier, expectedState }}));\n  \
           location.assign(address);\n\
         }}\n"
    )
}
