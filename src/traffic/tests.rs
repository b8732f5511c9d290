//! Which address counts as the client's, and what a bucket lets through.

use super::*;

const NOW: i64 = 1_700_223_200_000_000;
const SECOND: i64 = 1_000_000;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn proxies(networks: &[&str], header: ForwardedBy) -> TrustedProxies {
    TrustedProxies::new(networks.iter().map(|text| text.parse().unwrap()).collect(), header)
}

fn client(networks: &[&str], peer: &str, values: &[&str]) -> IpAddr {
    let proxies = proxies(networks, ForwardedBy::XForwardedFor);
    proxies.client_address(ip(peer), values.iter().copied())
}

#[test]
fn a_header_of_somebody_who_is_no_trusted_proxy_says_nothing() {
    assert_eq!(client(&[], "192.0.2.1", &["198.51.100.7"]), ip("192.0.2.1"));
    assert_eq!(client(&["10.0.0.0/8"], "192.0.2.1", &["198.51.100.7"]), ip("192.0.2.1"));
}

#[test]
fn the_right_most_address_that_is_no_trusted_proxy_is_the_client() {
    let trusted = ["10.0.0.0/8", "2001:db8::/32"];
    for (peer, values, expected) in [
        ("10.0.0.1", &["198.51.100.7"][..], "198.51.100.7"),
        ("::ffff:10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
        // What the client wrote itself stands on the left.
        ("10.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", &["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", &["198.51.100.7, 10.1.1.1,2001:db8::5"], "198.51.100.7"),
        ("2001:db8::1", &["2001:470::9"], "2001:470::9"),
        ("10.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.1", &["[2001:470::9]:4711"], "2001:470::9"),
        ("10.0.0.1", &["::ffff:198.51.100.7"], "198.51.100.7"),
        // Who says nothing that is an address leaves it at the proxy.
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &["", " , "], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
    ] {
        assert_eq!(client(&trusted, peer, values), ip(expected), "{peer} {values:?}");
    }
}

#[test]
fn forwarded_is_read_as_rfc_7239_writes_it_and_only_where_it_is_named() {
    let trusted = proxies(&["10.0.0.0/8"], ForwardedBy::Forwarded);
    assert_eq!(trusted.header(), "forwarded");
    for (value, expected) in [
        ("for=198.51.100.7", "198.51.100.7"),
        ("For=\"198.51.100.7:80\";proto=https;by=10.0.0.1", "198.51.100.7"),
        ("proto=https; for=\"[2001:470::9]:4711\"", "2001:470::9"),
        ("for=203.0.113.9, for=198.51.100.7", "198.51.100.7"),
        ("for=\"203.0.113.9, for=198.51.100.7", "198.51.100.7"),
        ("for=198.51.100.7, for=_hidden", "10.0.0.1"),
        ("for=unknown", "10.0.0.1"),
        ("198.51.100.7", "10.0.0.1"),
    ] {
        let found = trusted.client_address(ip("10.0.0.1"), [value].into_iter());
        assert_eq!(found, ip(expected), "{value}");
    }
}

#[test]
fn a_network_is_an_address_or_a_prefix_of_addresses() {
    for (network, inside, outside) in [
        ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
        ("10.9.9.9/8", "10.255.0.1", "::a00:1"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
        ("192.0.2.7", "::ffff:192.0.2.7", "::ffff:192.0.2.8"),
        ("0.0.0.0/0", "198.51.100.7", "::1"),
        ("::/0", "::1", "127.0.0.1"),
        ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"),
    ] {
        let parsed: Network = network.parse().unwrap();
        assert!(parsed.contains(ip(inside)) && !parsed.contains(ip(outside)), "{network}");
    }
    for wrong in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "host/8"] {
        assert!(wrong.parse::<Network>().is_err(), "{wrong}");
    }
    assert_eq!("10.9.9.9/8".parse::<Network>().unwrap().to_string(), "10.0.0.0/8");
}

#[test]
fn a_bucket_lets_its_limit_through_and_then_one_as_it_fills() {
    let (buckets, rate) = (Buckets::default(), Rate::per_minute(60).unwrap());
    for n_taken in 1..=60 {
        let taken = buckets.take(&"a", rate, NOW);
        assert_eq!((taken.is_allowed, taken.remaining), (true, 60 - n_taken));
        assert_eq!(taken.reset, NOW + i64::from(n_taken) * SECOND);
    }
    let refused = buckets.take(&"a", rate, NOW);
    let reset = NOW + SECOND;
    assert_eq!(refused, Taken { is_allowed: false, limit: 60, remaining: 0, reset });
    assert!(buckets.take(&"b", rate, NOW).is_allowed, "each caller has a bucket of their own");
    assert!(!buckets.take(&"a", rate, reset - 1).is_allowed);
    assert!(buckets.take(&"a", rate, reset).is_allowed);
    assert!(!buckets.take(&"a", rate, reset).is_allowed);
    assert_eq!(buckets.take(&"a", rate, NOW + 120 * SECOND).remaining, 59, "it is full again");
}

#[test]
fn what_is_given_back_can_be_taken_again() {
    let (buckets, rate) = (Buckets::default(), Rate::per_minute(1).unwrap());
    buckets.give_back(&"a", rate, NOW);
    assert!(buckets.take(&"a", rate, NOW).is_allowed);
    assert!(!buckets.take(&"a", rate, NOW).is_allowed);
    buckets.give_back(&"a", rate, NOW);
    assert!(buckets.take(&"a", rate, NOW).is_allowed);
    assert!(!buckets.take(&"a", rate, NOW).is_allowed);
}

#[test]
fn a_clock_that_jumps_locks_nobody_out() {
    let (buckets, rate) = (Buckets::default(), Rate::per_minute(1).unwrap());
    assert!(buckets.take(&"a", rate, NOW).is_allowed);
    for jump in [-3600, -86_400, 3600, 86_400 * 9, 86_400 * 400, i64::MIN / SECOND / 2] {
        let now = NOW + jump * SECOND;
        assert!(buckets.take(&"a", rate, now).is_allowed, "{jump}");
        assert!(!buckets.take(&"a", rate, now).is_allowed, "{jump}");
        assert!(buckets.take(&"a", rate, now + 61 * SECOND).is_allowed, "{jump}");
    }
    for now in [i64::MIN, -1, 0, i64::MAX] {
        buckets.take(&"b", rate, now);
    }
}

#[test]
fn a_flood_of_callers_takes_no_memory_and_forgets_those_who_lost_least() {
    let (buckets, rate) = (Buckets::default(), Rate::per_minute(1000).unwrap());
    for _ in 0..1000 {
        buckets.take(&"busy", rate, NOW);
    }
    for caller in 0..400_000_u32 {
        assert!(buckets.take(&caller, rate, NOW).is_allowed);
    }
    assert!(!buckets.take(&"busy", rate, NOW).is_allowed, "who is out of requests stays so");
}

#[test]
fn threads_at_once_get_no_more_than_the_limit() {
    let (buckets, rate) = (Buckets::default(), Rate::per_minute(1000).unwrap());
    let n_allowed = std::thread::scope(|scope| {
        let take = || (0..1000).filter(|_| buckets.take(&"a", rate, NOW).is_allowed).count();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    assert_eq!(n_allowed, 1000);
}

#[test]
fn a_household_is_an_address_of_ipv4_or_a_network_of_ipv6() {
    assert_eq!(household(ip("::ffff:192.0.2.7")), ip("192.0.2.7"));
    assert_eq!(household(ip("2001:db8:1:2:3:4:5:6")), ip("2001:db8:1:2::"));
}

#[test]
fn each_kind_of_caller_has_its_limit() {
    let rate = Rate::per_minute;
    let limits = Limits { client: rate(1), address: rate(2), page: None };
    let traffic = Traffic { limits, ..Traffic::default() };
    let left = |caller| traffic.take(caller, NOW).map(|taken| taken.limit);
    let (here, there) = (ip("2001:db8::1"), ip("2001:db8:0:1::1"));
    assert_eq!(left(Caller::Client("a")), Some(1));
    assert_eq!(left(Caller::Address(here)), Some(2));
    assert_eq!(left(Caller::Visitor(here)), None);
    let is_allowed = |caller| traffic.take(caller, NOW).is_some_and(|taken| taken.is_allowed);
    assert!(is_allowed(Caller::PublicClient("a", here)));
    assert!(!is_allowed(Caller::PublicClient("a", ip("2001:db8::2"))), "the same household");
    assert!(is_allowed(Caller::PublicClient("a", there)));
    assert!(!is_allowed(Caller::Client("a")));
    traffic.give_back(Caller::Client("a"), NOW);
    assert!(is_allowed(Caller::Client("a")));
    assert_eq!(Traffic { limits: Limits::NONE, ..traffic }.take(Caller::Client("a"), NOW), None);
}
