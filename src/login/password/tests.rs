//! Hashes of this and other systems, made by them.

use super::*;

/// Of `correct horse` unless it says otherwise, by other programs.
const ARGON2_REFERENCE: &str =
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
const FOREIGN: &[&str] = &[
    "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
    "$pbkdf2-sha256$i=1000,l=32$c2FsdCBhbmQgcGVwcGVyIQ$RPS1kW72DBGVDbDL2XiVyQAZWq9+bP6PrjDfWIeZDwI",
    "$pbkdf2-sha256$1000$c2FsdCBhbmQgcGVwcGVyIQ$RPS1kW72DBGVDbDL2XiVyQAZWq9.bP6PrjDfWIeZDwI",
    "$pbkdf2-sha512$i=1000,l=64$c2FsdCBhbmQgcGVwcGVyIQ$fF+WCh3FfKzoeD2hR/JqvGIZsWMEUAz7tSu1m8MEkWYfbv4s1ITPjqKwlow4IM795lUaNGqWLdiObTzFMmmyTQ",
    "$pbkdf2$1000$c2FsdCBhbmQgcGVwcGVyIQ$3VZrwzMt786MnpHgxm5HOQY959k",
    "pbkdf2_sha256$1000$NaCl$y6UK+57OG2yJnZIbS3E5E599IliwIIbBdkxEFXXGYlM=",
];

fn candidate(text: &str) -> Candidate {
    Candidate::new(text).unwrap()
}

fn problem(text: &str) -> PasswordHashError {
    PasswordHash::parse(text).map(|_| ()).unwrap_err()
}

#[test]
fn hashes_of_other_systems_are_read_and_count_as_old() {
    for text in FOREIGN {
        let hash = PasswordHash::parse(text).unwrap();
        assert!(hash.is_of(&candidate("correct horse")), "{text}");
        assert!(!hash.is_of(&candidate("correct horsf")), "{text}");
        assert!(!hash.is_of(&candidate("")), "{text}");
        assert!(!hash.is_current(), "{text}");
    }
}

#[test]
fn argon2id_is_that_of_the_reference() {
    let hash = PasswordHash::parse(ARGON2_REFERENCE).unwrap();
    assert!(hash.is_of(&candidate("password")) && !hash.is_of(&candidate("Password")));
    assert!(!hash.is_current(), "it costs other than ours");
}

#[test]
fn a_new_hash_is_read_back_and_is_current() {
    let random = Random::seeded(b"password");
    let made = PasswordHash::make(&candidate("p\u{e4}ss \u{1f511}"), &random).unwrap();
    assert!(made.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{made}");
    let read = PasswordHash::parse(&made).unwrap();
    assert!(read.is_current() && read.is_of(&candidate("p\u{e4}ss \u{1f511}")));
    let again = PasswordHash::make(&candidate("p\u{e4}ss \u{1f511}"), &random).unwrap();
    assert_ne!(made, again, "each has a salt of its own");
}

#[test]
fn what_is_no_hash_is_refused_before_it_costs_anything() {
    for text in ["", "secret", "$", "$argon2i$v=19$m=1,t=1,p=1$a$b", "$1$a$b", "{SSHA}x"] {
        assert_eq!(problem(text), PasswordHashError::Scheme, "{text}");
    }
    let salt = "c29tZXNhbHQ";
    let hash = "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    for text in [
        "$argon2id$".to_owned(),
        format!("$argon2id$v=16$m=19456,t=2,p=1${salt}${hash}"),
        format!("$argon2id$v=19$m=19456,t=2${salt}${hash}"),
        format!("$argon2id$v=19$m=19456,t=2,p=1,x=1${salt}${hash}"),
        format!("$argon2id$v=19$m=1,t=0,p=1${salt}${hash}"),
        format!("$argon2id$v=19$m=19456,t=2,p=1$!${hash}"),
        format!("$argon2id$v=19$m=19456,t=2,p=1${salt}$"),
        format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${hash}$"),
        "$2b$".to_owned(),
        "$2b$10$tooshort".to_owned(),
        "$2b$\u{20ac}\u{20ac}".to_owned(),
        "$pbkdf2-sha256$x$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        "$pbkdf2-sha256$1$c2FsdA$AAAA".to_owned(),
        "pbkdf2_sha256$0$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
    ] {
        assert_eq!(problem(&text), PasswordHashError::Malformed, "{text}");
    }
    let bcrypt = FOREIGN[0].replace("$04$", "$31$");
    for text in [
        format!("$argon2id$v=19$m=4194304,t=2,p=1${salt}${hash}"),
        format!("$argon2id$v=19$m=19456,t=200,p=1${salt}${hash}"),
        bcrypt,
        "pbkdf2_sha256$4000000000$NaCl$y6UK+57OG2yJnZIbS3E5E599IliwIIbBdkxEFXXGYlM=".to_owned(),
    ] {
        assert_eq!(problem(&text), PasswordHashError::Cost, "{text}");
    }
}

#[test]
fn nobodys_hash_is_nobodys() {
    let nobody = PasswordHash::of_nobody();
    assert!(nobody.is_current(), "it takes as long as a new one");
    assert!(!nobody.is_of(&candidate("")));
}

#[test]
fn a_password_is_not_printed_and_not_endless() {
    let text = format!("{:?} {:?}", candidate("hush"), PasswordHash::parse(FOREIGN[0]).unwrap());
    assert_eq!(text, "Candidate PasswordHash");
    assert!(Candidate::new(&"x".repeat(LONGEST)).is_some());
    assert!(Candidate::new(&"x".repeat(LONGEST + 1)).is_none());
}
