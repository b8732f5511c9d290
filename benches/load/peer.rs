//! Processor time beside npm's oidc-provider, which keeps everything in memory. `npm ci` in
//! `benches/load/peer` makes it ready; where it is not, this says so.

use crate::drive::{Drive, Measured, Renewal, member, send};
use crate::server::{Claimsmith, Process, here, post};
use crate::{CONNECTIONS, Extent, Target, tell, walk};
use std::path::PathBuf;
use std::process::Command;

/// Ratios of processor time a request: client credentials, introspection, refresh.
pub(crate) async fn compare(extent: &Extent) {
    if !folder().join("node_modules").exists() {
        eprintln!("oidc-provider is not measured: run `npm ci` in {}", folder().display());
        return;
    }
    let server = Claimsmith::start("ES256", extent);
    let peer = Peer::start("jwt");
    let mut ours = Drive::new(server.address(), CONNECTIONS, &server.token_request());
    let mut theirs = peer.drive("/token", SERVICE);
    report(
        extent,
        "client credentials ES256",
        &both(&server, &mut ours, &peer, &mut theirs, extent).await,
        7.0,
    );
    refresh(&server, &peer, extent).await;
    drop(peer);
    introspection(&server, extent).await;
}

/// What a service asks for a token.
const SERVICE: &str = "grant_type=client_credentials&scope=read%3Acustomers";

/// It looks up opaque tokens only.
async fn introspection(server: &Claimsmith, extent: &Extent) {
    let peer = Peer::start("opaque");
    let (own, other) = (server.access_token().await, peer.token(SERVICE, "access_token").await);
    let form = format!("token={other}");
    let told = send(&peer.address, &Peer::request("/token/introspection", &form)).await;
    assert!(told.contains("\"active\":true"), "{told}");
    let mut ours = Drive::new(server.address(), CONNECTIONS, &server.introspect_request(&own));
    let mut theirs = peer.drive("/token/introspection", &form);
    let both = both(server, &mut ours, &peer, &mut theirs, extent).await;
    report(extent, "introspection, of a JWT here and an opaque token there", &both, 5.0);
}

async fn refresh(server: &Claimsmith, peer: &Peer, extent: &Extent) {
    let session = walk::sign_in(server).await;
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for _ in 0..CONNECTIONS {
        own.push(session.tokens().await.refresh_token);
        others.push(peer.token("grant_type=start&scope=openid", "refresh_token").await);
    }
    let mut ours = Drive::renewing(server.address(), own, &server.refresh_request());
    let mut theirs = Drive::renewing(&peer.address, others, &peer.renewal());
    let both = both(server, &mut ours, peer, &mut theirs, extent).await;
    report(extent, "refresh, durable here and in memory there", &both, 5.0);
}

/// One turn each, after one that makes them warm: their compiler needs a while.
async fn both(
    server: &Claimsmith,
    ours: &mut Drive,
    peer: &Peer,
    theirs: &mut Drive,
    extent: &Extent,
) -> (Measured, Measured) {
    ours.run(server.process(), extent.turn).await;
    theirs.run(&peer.process, extent.turn).await;
    let own = ours.run(server.process(), extent.turn).await;
    (own, theirs.run(&peer.process, extent.turn).await)
}

fn folder() -> PathBuf {
    here().join("peer")
}

fn report(extent: &Extent, what: &str, (ours, theirs): &(Measured, Measured), target: f64) {
    let ratio = theirs.processor / ours.processor;
    let how = format!("{:.0} against {:.0} µs a request", ours.processor, theirs.processor);
    let what = format!("{what}, processor time of oidc-provider to ours");
    tell(extent, &what, ratio, &Target::AtLeast(target), &how);
}

/// The peer, running.
struct Peer {
    process: Process,
    address: String,
}

impl Peer {
    /// With access tokens of this format.
    fn start(format: &str) -> Self {
        let mut command = Command::new("node");
        command.arg(folder().join("oidc-provider.mjs")).env("FORMAT", format);
        let (process, address) = Process::start(&mut command);
        Self { process, address }
    }

    fn request(path: &str, form: &str) -> Vec<u8> {
        post(path, Some("billing-service"), form)
    }

    fn drive(&self, path: &str, form: &str) -> Drive {
        Drive::new(&self.address, CONNECTIONS, &Self::request(path, form))
    }

    /// A token that this form gets.
    async fn token(&self, form: &str, name: &str) -> String {
        member(&send(&self.address, &Self::request("/token", form)).await, name).to_owned()
    }

    fn renewal(&self) -> Renewal {
        let request = String::from_utf8(Self::request("/token", "")).unwrap();
        let (head, _) = request.split_once("Content-Length").unwrap();
        let form = "grant_type=refresh_token&refresh_token=".to_owned();
        Renewal { head: head.to_owned(), form }
    }
}
