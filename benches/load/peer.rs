//! Processor time beside npm's oidc-provider, which keeps everything in memory. `npm ci` in
//! `benches/load/peer` makes it ready; where it is not, this says so.

use crate::drive::{Drive, Measured, Renewal, member, send};
use crate::server::{Claimsmith, Process, here, post};
use crate::{CONNECTIONS, Extent, tell, walk};
use std::process::Command;

/// Ratios of processor time a request: client credentials, introspection, refresh.
pub(crate) async fn compare(extent: &Extent) {
    let folder = here().join("peer");
    if !folder.join("node_modules").exists() {
        eprintln!("oidc-provider is not measured: run `npm ci` in {}", folder.display());
        return;
    }
    let mut command = Command::new("node");
    command.arg(folder.join("oidc-provider.mjs"));
    let (process, address) = Process::start(&mut command);
    let peer = Peer { process, address };
    let server = Claimsmith::start("ES256", extent);
    let token = server.access_token().await;

    let form = "grant_type=client_credentials&scope=read%3Acustomers";
    let mut ours = Drive::new(server.address(), CONNECTIONS, &server.token_request());
    let mut theirs = peer.drive("/token", form);
    let both = (ours.run(server.process(), extent.turn).await, peer.run(&mut theirs, extent).await);
    report(extent, "client credentials ES256", &both);

    let mut ours = Drive::new(server.address(), CONNECTIONS, &server.introspect_request(&token));
    let theirs_token = peer.token(form, "access_token").await;
    let mut theirs = peer.drive("/token/introspection", &format!("token={theirs_token}"));
    let both = (ours.run(server.process(), extent.turn).await, peer.run(&mut theirs, extent).await);
    report(extent, "introspection", &both);

    let session = walk::sign_in(&server).await;
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for _ in 0..CONNECTIONS {
        own.push(session.tokens().await.refresh_token);
        others.push(peer.token("grant_type=start&scope=openid", "refresh_token").await);
    }
    let mut ours = Drive::renewing(server.address(), own, &server.refresh_request());
    let renewal = peer.renewal();
    let mut theirs = Drive::renewing(&peer.address, others, &renewal);
    let both = (ours.run(server.process(), extent.turn).await, peer.run(&mut theirs, extent).await);
    report(extent, "refresh, durable here and in memory there", &both);
}

fn report(extent: &Extent, what: &str, (ours, theirs): &(Measured, Measured)) {
    let ratio = theirs.processor / ours.processor;
    let (ours, theirs) = (ours.processor, theirs.processor);
    tell(
        extent,
        &format!(
            "{what}: 1/{ratio:.1} of the processor time of oidc-provider ({ours:.0} against {theirs:.0} µs)"
        ),
    );
}

/// The peer, running.
struct Peer {
    process: Process,
    address: String,
}

impl Peer {
    fn drive(&self, path: &str, form: &str) -> Drive {
        Drive::new(&self.address, CONNECTIONS, &post(path, Some("billing-service"), form))
    }

    async fn run(&self, drive: &mut Drive, extent: &Extent) -> Measured {
        // Its compiler needs a while.
        drive.run(&self.process, extent.turn).await;
        drive.run(&self.process, extent.turn).await
    }

    /// A token that this form gets.
    async fn token(&self, form: &str, name: &str) -> String {
        let request = post("/token", Some("billing-service"), form);
        member(&send(&self.address, &request).await, name).to_owned()
    }

    fn renewal(&self) -> Renewal {
        let request = String::from_utf8(post("/token", Some("billing-service"), "")).unwrap();
        let (head, _) = request.split_once("Content-Length").unwrap();
        let form = "grant_type=refresh_token&refresh_token=".to_owned();
        Renewal { head: head.to_owned(), form }
    }
}
