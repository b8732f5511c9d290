//! The whole story in a real Chromium: an application sends a person to sign in and to consent, gets
//! tokens and calls two services with them. On the way every page is photographed at the width of a
//! phone and of a desktop, and looked over by axe-core.
//!
//! `INVITATION` is a link by which somebody sets a password, `STORY` where the application is, `SERVER` where the issuer is, `NAMED` where one is whose host
//! has a name, as passkeys need, `DRIVER` where chromedriver listens, `AXE` the file of axe-core, `SHOTS` the folder for the pictures.

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use std::error::Error;
use std::time::{Duration, Instant};
use std::{env, fs};
use url::{ParseError, Url};

type Done<T = ()> = Result<T, Box<dyn Error>>;

const PHONE: (u32, u32) = (390, 844);
const DESKTOP: (u32, u32) = (1280, 900);
/// How long a page may take, and how often it is looked at meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

struct Story {
    client: Client,
    story: String,
    server: String,
    invitation: String,
    named: String,
    axe: String,
    shots: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done {
    let read = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
    let options = json!({
        "goog:chromeOptions": {
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        },
    });
    let capabilities: Map<String, Value> = serde_json::from_value(options)?;
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(&read("DRIVER")?)
        .await?;
    let story = Story {
        client: client.clone(),
        story: read("STORY")?,
        server: read("SERVER")?,
        invitation: read("INVITATION")?,
        named: read("NAMED")?,
        axe: fs::read_to_string(read("AXE")?)?,
        shots: read("SHOTS")?,
    };
    let told = story.tell().await;
    if let Err(error) = &told {
        let at = client.current_url().await?;
        eprintln!("the story stopped at {at}: {error}\n{}", client.source().await?);
    }
    client.close().await?;
    told
}

impl Story {
    async fn tell(&self) -> Done {
        self.sign_in_and_consent().await?;
        self.deny().await?;
        self.look_after_the_account().await?;
        self.type_the_code_of_a_device().await?;
        self.sign_out().await?;
        self.follow_an_invitation().await?;
        self.use_a_passkey().await?;
        self.get_lost().await
    }

    async fn sign_in_and_consent(&self) -> Done {
        self.client.goto(&format!("{}/login", self.story)).await?;
        self.look_at("sign-in").await?;
        self.fill(&[("username", "ada@example.com"), ("password", "wrong")]).await?;
        self.look_at("sign-in-wrong").await?;
        self.fill(&[("username", "ada@example.com"), ("password", &password())]).await?;
        self.look_at("consent").await?;
        self.press("button[value=allow]").await?;
        let told = ["API A accepts", "API B refuses", "403 without the scope", "refreshed"];
        for expected in told.into_iter().chain(["access ended"]) {
            self.read(expected).await?;
        }
        Ok(())
    }

    /// Consent is remembered, and asked for again where the application wants that.
    async fn deny(&self) -> Done {
        self.client.goto(&format!("{}/login", self.story)).await?;
        self.read("API A accepts").await?;
        self.client.goto(&format!("{}/login?prompt=consent", self.story)).await?;
        self.press("button[value=deny]").await?;
        self.read("access_denied").await
    }

    async fn look_after_the_account(&self) -> Done {
        self.client.goto(&format!("{}/account", self.server)).await?;
        self.look_at("account").await?;
        let current = self.client.find(Locator::Id("factor-current")).await?;
        current.send_keys(&password()).await?;
        self.press("form[action$='/account/factor'] button").await?;
        self.look_at("set-up").await
    }

    async fn type_the_code_of_a_device(&self) -> Done {
        self.client.goto(&format!("{}/activate", self.server)).await?;
        self.look_at("activate").await?;
        self.fill(&[("user_code", "NONE-SUCH")]).await?;
        self.look_at("activate-wrong").await
    }

    async fn follow_an_invitation(&self) -> Done {
        self.client.goto(&self.invitation).await?;
        self.look_at("invitation").await
    }

    async fn sign_out(&self) -> Done {
        self.client.goto(&format!("{}/signout", self.server)).await?;
        self.look_at("sign-out").await?;
        self.press("main button").await?;
        self.look_at("signed-out").await
    }

    /// By an authenticator that the browser makes up (Web Authentication Level 3 §11).
    async fn use_a_passkey(&self) -> Done {
        self.client.issue_cmd(AddAuthenticator).await?;
        let account = format!("{}/account", self.named);
        let credentials = [("username", "ada@example.com"), ("password", &*password())];
        self.client.goto(&account).await?;
        self.fill(&credentials).await?;
        self.look_at("account-without-passkey").await?;
        self.client.find(Locator::Id("passkey-current")).await?.send_keys(&password()).await?;
        self.press("form[action$='/account/passkey'] button").await?;
        self.look_at("passkey-new").await?;
        self.press("form.passkey button").await?;
        self.look_at("recovery").await?;
        self.read("Your recovery codes").await?;
        self.client.goto(&account).await?;
        self.look_at("account-with-passkey").await?;
        self.client.goto(&format!("{}/signout", self.named)).await?;
        self.press("main button").await?;
        self.client.goto(&account).await?;
        self.fill(&credentials).await?;
        self.look_at("factor-passkey").await?;
        self.press("form.passkey button").await?;
        self.read("You are signed in as").await
    }

    async fn get_lost(&self) -> Done {
        let wrong =
            "/oauth2/internal/v1/authorize?client_id=web-app&redirect_uri=https://evil.example";
        self.client.goto(&format!("{}{wrong}", self.server)).await?;
        self.look_at("error").await?;
        self.read("must be a Login redirect URI").await
    }

    async fn fill(&self, fields: &[(&str, &str)]) -> Done {
        for (name, value) in fields {
            let field = self.client.find(Locator::Css(&format!("input[name={name}]"))).await?;
            field.clear().await?;
            field.send_keys(value).await?;
        }
        self.press("main form button").await
    }

    /// Presses a button that leads to another page, and waits until this one is gone: WebDriver promises
    /// to wait only for navigation that has begun when the click returns.
    async fn press(&self, button: &str) -> Done {
        let page = self.client.find(Locator::Css("html")).await?;
        self.client.find(Locator::Css(button)).await?.click().await?;
        let until = Instant::now() + PATIENCE;
        while page.tag_name().await.is_ok() {
            if Instant::now() > until {
                return Err(format!("{button} led nowhere").into());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Waits until the page says `part`. A page may go away between finding its body and reading it.
    async fn read(&self, part: &str) -> Done {
        let until = Instant::now() + PATIENCE;
        loop {
            let text = match self.client.find(Locator::Css("body")).await {
                Ok(body) => body.text().await,
                Err(error) => Err(error),
            };
            match text {
                Ok(text) if text.contains(part) => return Ok(()),
                other if Instant::now() > until => {
                    return Err(format!("{part:?} is not in {other:?}").into());
                }
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Photographs the page at both widths, insists that nothing is cut off, and lets axe-core look.
    async fn look_at(&self, name: &str) -> Done {
        self.client.wait().for_element(Locator::Css("main")).await?;
        for (kind, (width, height)) in [("phone", PHONE), ("desktop", DESKTOP)] {
            self.client.set_window_size(width, height).await?;
            fs::write(
                format!("{}/{name}-{kind}.png", self.shots),
                self.client.screenshot().await?,
            )?;
            let wide = "return document.documentElement.scrollWidth > window.innerWidth";
            if self.client.execute(wide, Vec::new()).await? == json!(true) {
                return Err(format!("{name} is wider than a {kind}").into());
            }
            self.check_access(name).await?;
        }
        Ok(())
    }

    async fn check_access(&self, name: &str) -> Done {
        self.client.execute(&self.axe, Vec::new()).await?;
        let run = "const done = arguments[arguments.length - 1]; \
                   axe.run().then(found => done(found.violations), error => done(String(error)))";
        let found = self.client.execute_async(run, Vec::new()).await?;
        match found.as_array() {
            Some(violations) if violations.is_empty() => Ok(()),
            _ => Err(format!("axe-core finds on {name}: {found:#}").into()),
        }
    }
}

/// An authenticator in the browser, whose person is always there.
#[derive(Debug)]
struct AddAuthenticator;

impl WebDriverCompatibleCommand for AddAuthenticator {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/webauthn/authenticator", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserVerified": true,
        });
        (Method::POST, Some(body.to_string()))
    }
}

fn password() -> String {
    env::var("CLAIMSMITH_DEMO_PASSWORD_ADA").unwrap_or_default()
}
