//! A person who signs in through the pages once, and clients that get tokens for them from then on.

use crate::drive::{header, member};
use crate::server::{Claimsmith, PASSWORD, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const AUTHORIZE: &str = "/oauth2/internal/v1/authorize?client_id=web-app&response_type=code&state=1\
                         &scope=openid%20offline_access%20read%3Acustomers\
                         &redirect_uri=http%3A%2F%2F127.0.0.1%3A3000%2Fcallback";

/// A browser that is signed in.
pub(crate) struct Session<'s> {
    server: &'s Claimsmith,
    cookies: String,
}

pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

pub(crate) async fn sign_in(server: &Claimsmith) -> Session<'_> {
    let begun = browse(server, "", AUTHORIZE, None).await;
    let browser = cookie(&begun);
    let page_at = path(header(&begun, "location: ").unwrap());
    let page = browse(server, &browser, page_at, None).await;
    let hidden = |name: &str| {
        let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let form = format!(
        "_csrf={}&request={}&username=ada%40example.com&password={PASSWORD}",
        hidden("_csrf"),
        hidden("request")
    );
    let answer = browse(server, &browser, "/signin", Some(&form)).await;
    Session { server, cookies: format!("{browser}; {}", cookie(&answer)) }
}

impl Session<'_> {
    /// Tokens of a family of their own.
    pub(crate) async fn tokens(&self) -> Tokens {
        let answer = browse(self.server, &self.cookies, AUTHORIZE, None).await;
        let location = header(&answer, "location: ").unwrap();
        let (_, code) = location.split_once("code=").unwrap();
        let code = code.split('&').next().unwrap();
        let form = format!(
            "grant_type=authorization_code&code={code}\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A3000%2Fcallback"
        );
        let body = self.server.exchange(&form).await;
        let text = |name: &str| member(&body, name).to_owned();
        Tokens { access_token: text("access_token"), refresh_token: text("refresh_token") }
    }
}

/// One answer, whole.
async fn browse(server: &Claimsmith, cookies: &str, path: &str, form: Option<&str>) -> String {
    let more = format!("Connection: close\r\nCookie: {cookies}\r\n");
    let request = match form {
        Some(form) => String::from_utf8(post(path, None, form)).unwrap(),
        None => format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
    };
    let request = request.replacen("\r\n", &format!("\r\n{more}"), 1);
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// The last cookie that an answer sets.
fn cookie(answer: &str) -> String {
    let mut set = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    let last = set.next_back().unwrap();
    last.split(';').next().unwrap_or_default().to_owned()
}

/// Path and query of an address.
fn path(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default()
}
