//! Keys that are made for an application at the same moment, on two nodes.

use super::*;
use crate::administration::application::{list_requests, make_request};

/// Most requests for certificates of an application.
const AT_MOST: usize = 50;

/// So many requests of an application as if they had been made, but for their keys.
async fn fill(place: &Place, client_id: &str, n_requests: usize) {
    let kept = br#"{"created": 0, "request": "", "sealed": ""}"#;
    let row = |number: usize| {
        let key = format!("filled{number} {client_id}");
        let row = Row::new("application-csr", &key, kept.to_vec());
        Op::Insert(row.tagged(format!("client:{client_id}")))
    };
    place.store.batch((0..n_requests).map(row).collect()).await.unwrap();
}

#[test]
fn of_requests_made_at_once_only_so_many_are_kept_as_there_is_room_for() {
    on_each(async |place| {
        let another = place.another().await;
        let application = &place.administration.version().directory().applications()[0].clone();
        fill(&place, &application.client_id, AT_MOST - 3).await;
        let (here, there) = (ask(&place), ask(&another));
        let sent = json!({"subject": {"commonName": "SP"}});
        let make = async |ask| make_request(ask, &application.id, &sent).await;
        let made = tokio::join!(make(&here), make(&there), make(&here), make(&there));
        let made = <[_; 4]>::from(made);
        let refused: Vec<_> = made.iter().filter_map(|made| made.as_ref().err()).collect();
        let full = ChangeRefused::of_whole("credentials", "An application has 50 at most.");
        assert_eq!(refused, [&full]);
        let kept = list_requests(&there, &application.id).await.unwrap();
        assert_eq!(kept.len(), AT_MOST);
        let is_kept = |made: &Value| kept.iter().any(|kept| kept["id"] == made["id"]);
        assert!(made.iter().flatten().all(is_kept));
    });
}
