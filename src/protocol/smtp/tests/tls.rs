//! STARTTLS (RFC 3207) accepted, refused, pipelined into, and in captures that were decrypted.

use super::*;
use crate::protocol::event::{Kind, TlsFact};

const HELLO: &str = r"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00";

#[test]
fn accepted_and_then_opaque() {
    let told = talk(
        Dialogue::new(Flavour::Smtp),
        &format!(
            r"
        S: 220 x
        C: EHLO a
        S: 250 STARTTLS
        C: STARTTLS
        S: 220 2.0.0 go ahead
        C| {HELLO}
        S| \x16\x03\x03\x00\x05\x02\x00\x00\x01\x00
    "
        ),
    );
    assert_eq!(answered(&told), ["EHLO 250", "STARTTLS 220"]);
    assert!(told.tls.contains(&TlsFact::StartTls));
    assert!(told.steps[5..].iter().all(|step| step.kind == Kind::Tls) && told.steps.len() > 5);
}

#[test]
fn the_client_hello_in_the_segment_after_the_go_ahead_is_not_deferred() {
    let told = talk(
        Dialogue::new(Flavour::Smtp),
        &format!(
            r"
        S: 220 x
        C: STARTTLS
        C| {HELLO}
        S: 220 go ahead
    "
        ),
    );
    assert_eq!(told.commands(), ["STARTTLS"]);
    assert!(told.steps[3..].iter().all(|step| step.kind == Kind::Tls));
}

#[test]
fn refused_and_then_in_the_clear() {
    let told = smtp(
        "
        S: 220 x
        C: STARTTLS
        S: 454 not now
        C: MAIL FROM:<a@x>
        S: 250 ok
    ",
    );
    assert_eq!(answered(&told), ["STARTTLS 454", "MAIL 250"]);
    assert!(told.tls.is_empty());
}

/// The server must discard what comes in the same segment: anybody on the way could have put it there.
#[test]
fn commands_pipelined_into_it_are_not_answered() {
    let told = smtp(
        r"
        S: 220 x
        C| STARTTLS\r\nMAIL FROM:<evil@x>\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n
        S: 220 go ahead
        C: EHLO a
        S: 250 x
    ",
    );
    assert_eq!(told.commands(), ["STARTTLS", "MAIL", "AUTH", "EHLO"]);
    assert_eq!(answered(&told), ["STARTTLS 220", "EHLO 250"]);
    assert!(told.credentials.is_empty());
    assert_eq!(told.steps[4].secrets, ["AGFsaWNlAHNlY3JldA=="]);
}

/// So must the client with what the server says in plain text after it has agreed to TLS.
#[test]
fn replies_before_the_client_has_begun_tls_are_no_sign_of_a_decrypted_capture() {
    for said in ["S: 250 injected", r"S| 220 go ahead\r\n250 injected\r\n"] {
        let agreed = if said.starts_with("S|") { "" } else { "S: 220 go ahead" };
        let told = smtp(&format!("S: 220 x\nC: STARTTLS\n{agreed}\n{said}\nC| {HELLO}"));
        assert_eq!(told.tls[0], TlsFact::StartTls);
        assert!(!told.tls.contains(&TlsFact::Decrypted), "{:?}", told.rows());
        let of_tls: Vec<_> = told.steps.iter().filter(|step| step.kind == Kind::Tls).map(|step| &*step.text).collect();
        assert_eq!(of_tls, ["250 injected", ""]);
    }
}

#[test]
fn plain_text_where_tls_should_begin() {
    let told = smtp(
        "
        S: 220 x
        C: EHLO a
        S: 250 STARTTLS
        C: MAIL FROM:<a@x>
        S: 250 ok
        C: STARTTLS
        S: 220 go ahead
        C: EHLO a
        S: 250 x
        C: DATA
        S: 354 go
        C: .
        S: 250 taken
    ",
    );
    assert_eq!(told.tls, [TlsFact::StartTls, TlsFact::Decrypted]);
    assert_eq!(answered(&told), ["EHLO 250", "MAIL 250", "STARTTLS 220", "EHLO 250", "DATA 354"]);
    assert_eq!(messages(&told), ["? > : 0 accepted"], "STARTTLS begins anew");
}

#[test]
fn from_the_first_byte() {
    let told = talk(Dialogue::new(Flavour::Smtp), &format!("C| {HELLO}\n"));
    assert_eq!(told.tls.first(), Some(&TlsFact::Implicit));
    assert!(told.commands().is_empty());
}
