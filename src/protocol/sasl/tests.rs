//! The exchanges printed in the RFCs, and the variants that clients and servers send.

use super::*;
use crate::limits::{SASL_ROUNDS, STEPS_PER_SESSION};
use crate::protocol::secret::Secret;
use data_encoding::BASE64;
use proptest::prelude::*;

/// Plays lines of `C: text` and `S: text` (in the clear, encoded here; `C> text` and `S> text` cross as they stand). A
/// `C` in the first line is the initial response. Returns the rounds and the credential.
fn exchange(mechanism: &str, script: &str, outcome: LoginOutcome) -> (Vec<Round>, Credential) {
    let mut exchange = Exchange::new(mechanism.as_bytes());
    exchange.add_step(1);
    let rounds = script.lines().map(str::trim_start).filter(|line| !line.is_empty()).map(|line| {
        let text = line.get(3..).unwrap_or("").replace("^A", "\x01").replace("^@", "\0");
        let wire = if line.as_bytes()[1] == b':' { BASE64.encode(text.as_bytes()) } else { text };
        match line.as_bytes()[0] {
            b'C' => exchange.response(wire.as_bytes()),
            _ => exchange.challenge(wire.as_bytes()),
        }
    });
    let rounds = rounds.collect();
    (rounds, exchange.finish(outcome))
}

fn accepted(mechanism: &str, script: &str) -> (Vec<Round>, Credential) {
    exchange(mechanism, script, LoginOutcome::Accepted)
}

fn secret(secret: &Option<Secret<Vec<u8>>>) -> Option<&str> {
    secret.as_ref().map(|secret| std::str::from_utf8(secret.reveal()).expect("text"))
}

fn text(bytes: &Option<Vec<u8>>) -> Option<&str> {
    bytes.as_deref().map(|bytes| std::str::from_utf8(bytes).expect("text"))
}

#[test]
fn plain_rfc4616() {
    let (rounds, told) = accepted("plain", "S>\n C: Ursel^@Kurt^@xipj3plmq");
    assert_eq!(rounds, [Round::GoAhead(Mechanism::Plain), Round::Identity]);
    assert_eq!(told.mechanism, "AUTH PLAIN");
    assert_eq!(
        [text(&told.authorization_id), text(&told.username), secret(&told.password)],
        [Some("Ursel"), Some("Kurt"), Some("xipj3plmq")]
    );
    assert_eq!((told.exposure, told.outcome), (Exposure::Plaintext, LoginOutcome::Accepted));
    assert_eq!(told.wire_forms, [Secret::new(*b"VXJzZWwAS3VydAB4aXBqM3BsbXE=")]);
}

#[test]
fn plain_with_an_identity_in_the_wrong_place() {
    let (_, told) = accepted("PLAIN", "C> dXNlcm5hbWUAAHBhc3N3b3Jk");
    assert_eq!(
        [text(&told.authorization_id), text(&told.username), secret(&told.password)],
        [Some("username"), None, Some("password")]
    );
}

#[test]
fn login_goes_by_order_where_the_prompts_say_nothing_else() {
    for prompts in [["VXNlcm5hbWU6", "UGFzc3dvcmQ6"], ["VXNlciBOYW1lAA==", "UGFzc3dvcmQA"], ["", ""], ["Pz8=", "="]] {
        let script = format!("S> {}\n C: alice\n S> {}\n C: Wonder1and!", prompts[0], prompts[1]);
        let (rounds, told) = accepted("LOGIN", &script);
        assert_eq!(rounds, [Round::AsksUsername, Round::Username, Round::AsksPassword, Round::Password], "{prompts:?}");
        assert_eq!([text(&told.username), secret(&told.password)], [Some("alice"), Some("Wonder1and!")]);
        assert_eq!(told.wire_forms, [Secret::new(*b"V29uZGVyMWFuZCE=")]);
    }
}

#[test]
fn login_with_an_initial_response() {
    let (rounds, told) = accepted("LOGIN", "C: alice\n S: Password:\n C: secret");
    assert_eq!(rounds, [Round::Username, Round::AsksPassword, Round::Password]);
    assert_eq!([text(&told.username), secret(&told.password)], [Some("alice"), Some("secret")]);

    let (rounds, told) = accepted("LOGIN", "C> =\n S: Username:\n C: alice\n S: Password:\n C>");
    assert_eq!(rounds[0], Round::Empty(Mechanism::Login));
    assert_eq!([text(&told.username), secret(&told.password)], [Some("alice"), None]);
    assert_eq!(told.exposure, Exposure::None, "nothing is no secret");
}

#[test]
fn login_whose_first_response_was_not_captured_does_not_show_the_password_as_a_name() {
    let (rounds, told) = accepted("LOGIN", "S: Username:\n S: Password:\n C: secret");
    assert_eq!(rounds, [Round::AsksUsername, Round::AsksPassword, Round::Password]);
    assert_eq!([text(&told.username), secret(&told.password)], [None, Some("secret")]);
}

#[test]
fn a_star_cancels() {
    for (mechanism, script) in
        [("LOGIN", "S: Username:\n C> *"), ("CRAM-MD5", "S: <1@x>\n C> *"), ("PLAIN", "S>\n C> *")]
    {
        let (rounds, told) = exchange(mechanism, script, LoginOutcome::Rejected);
        assert_eq!(rounds[1], Round::Cancel);
        assert_eq!((told.outcome, told.exposure), (LoginOutcome::Cancelled, Exposure::None));
    }
}

#[test]
fn garbage_is_called_garbage_and_masked_where_it_may_be_a_password() {
    let (rounds, told) = exchange("LOGIN", "S: Username:\n C> !!not base64!!", LoginOutcome::Rejected);
    assert_eq!(rounds[1], Round::Unencoded(Unencoded::Username));
    assert_eq!((text(&told.username), told.exposure), (Some("!!not base64!!"), Exposure::None));
    let (rounds, told) = exchange("PLAIN", "S>\n C> !!not-base64!!", LoginOutcome::Rejected);
    assert_eq!(rounds[1], Round::Malformed(Mechanism::Plain));
    assert!(rounds[1].is_secret());
    assert_eq!((text(&told.username), told.exposure), (None, Exposure::None));
    let (rounds, _) = exchange("CRAM-MD5", "S: <1@x>\n C: no digest here", LoginOutcome::Rejected);
    assert_eq!(rounds[1], Round::Malformed(Mechanism::CramMd5));
    assert!(!rounds[1].is_secret());
}

/// RFC 4954, section 4 wants base64; who types in telnet mostly does not know that.
#[test]
fn what_is_typed_as_it_is_is_read_all_the_more_easily() {
    let typed = |mechanism: &str, script: &str| {
        let (rounds, told) = exchange(mechanism, script, LoginOutcome::Rejected);
        assert!(rounds.last().is_some_and(|round| round.is_secret()), "{script}");
        assert_eq!(told.exposure, Exposure::Plaintext, "{script}");
        let password = secret(&told.password).map(str::to_owned);
        (told.username.map(|name| String::from_utf8_lossy(&name).into_owned()), password)
    };
    let both = |name: &str, password: &str| (Some(name.to_owned()), Some(password.to_owned()));
    for (name, password) in [("alice@example.test", "s3cret!pw"), ("alice", "s3cret"), ("bob", "password")] {
        let script = format!("S: Username:\n C> {name}\n S: Password:\n C> {password}");
        assert_eq!(typed("LOGIN", &script), both(name, password));
    }
    assert_eq!(typed("PLAIN", "S>\n C> \\0alice\\0s3cret!pw"), both("alice", "s3cret!pw"));
    assert_eq!(typed("PLAIN", "S>\n C> alice s3cret!pw"), both("alice", "s3cret!pw"));
    // A password in another encoding than UTF-8 is base64 all the same, if the server says so.
    let (_, told) = exchange("LOGIN", "S: Username:\n C: bob\n S: Password:\n C> iJM=", LoginOutcome::Accepted);
    assert_eq!(told.password.expect("a password").reveal(), b"\x88\x93");
}

#[test]
fn the_words_of_the_prompt_decide_where_a_response_is_missing() {
    for prompt in ["Password:", "password", "Passwort:", "PASSWORD\\0"] {
        let encoded = BASE64.encode(prompt.replace("\\0", "\0").as_bytes());
        let (rounds, told) = accepted("LOGIN", &format!("S> {encoded}\n C: secret"));
        assert_eq!(rounds, [Round::AsksPassword, Round::Password], "{prompt}");
        assert_eq!([text(&told.username), secret(&told.password)], [None, Some("secret")]);
    }
    // A server that takes no initial response asks for the name again: the client repeats it, or goes on.
    let (_, told) = accepted("LOGIN", "C: alice\n S: Username:\n C: alice\n S: Password:\n C: secret");
    assert_eq!([text(&told.username), secret(&told.password)], [Some("alice"), Some("secret")]);
    let (rounds, told) = accepted("LOGIN", "C: alice\n S: Username:\n C: secret");
    assert_eq!(rounds[2], Round::Password);
    assert_eq!([text(&told.username), secret(&told.password)], [Some("alice"), Some("secret")]);
}

#[test]
fn an_exchange_whose_command_was_not_captured_shows_its_mechanism() {
    let read = |payloads: &[(bool, &[u8])]| {
        let mut exchange = Exchange::unseen();
        for (server, payload) in payloads {
            let encoded = BASE64.encode(payload);
            match server {
                true => exchange.challenge(encoded.as_bytes()),
                false => exchange.response(encoded.as_bytes()),
            };
        }
        let told = exchange.finish(LoginOutcome::Accepted);
        (told.mechanism, told.username.map(|name| String::from_utf8_lossy(&name).into_owned()), told.exposure)
    };
    let is = |mechanism: &str, name: Option<&str>, exposure| (mechanism.to_owned(), name.map(str::to_owned), exposure);
    let digest = b"alice b913a602c7eda7a495b4e6e7334d3890";
    assert_eq!(read(&[(true, b"User Name\0"), (false, b"alice")]), is("AUTH LOGIN", Some("alice"), Exposure::None));
    assert_eq!(read(&[(true, b"Password:"), (false, b"secret")]), is("AUTH LOGIN", None, Exposure::Plaintext));
    assert_eq!(read(&[(true, b""), (false, b"\0alice\0secret")]), is("AUTH PLAIN", Some("alice"), Exposure::Plaintext));
    assert_eq!(read(&[(true, b"<1@x>"), (false, digest)]), is("AUTH CRAM-MD5", Some("alice"), Exposure::Hash));
    assert_eq!(read(&[(false, b"n,,n=alice,r=abc")]), is("AUTH SCRAM", Some("alice"), Exposure::None));
    assert_eq!(
        read(&[(false, b"user=alice\x01auth=Bearer tok\x01\x01")]),
        is("AUTH XOAUTH2", Some("alice"), Exposure::Token)
    );
    assert_eq!(read(&[(true, b"?"), (false, b"alice")]), is("AUTH", None, Exposure::None));
}

#[test]
fn an_empty_secret_is_none() {
    for (mechanism, script) in [("PLAIN", "C> AAA="), ("LOGIN", "S: Username:\n C>\n S: Password:\n C>")] {
        let (_, told) = exchange(mechanism, script, LoginOutcome::Rejected);
        assert_eq!((told.exposure, told.password), (Exposure::None, None), "{mechanism}");
    }
}

#[test]
fn cram_with_other_hashes() {
    for (name, digits) in [("CRAM-SHA1", 40), ("CRAM-SHA256", 64), ("CRAM-SHA512", 128)] {
        let (rounds, told) = accepted(name, &format!("S: <1@x>\n C: alice {}", "0a".repeat(digits / 2)));
        assert_eq!(rounds, [Round::Challenge(Mechanism::Cram), Round::Proof(Mechanism::Cram)]);
        assert_eq!((text(&told.username), told.exposure), (Some("alice"), Exposure::Hash));
        assert_eq!(text(&told.challenge), Some("<1@x>"));
    }
}

#[test]
fn cram_md5_rfc2195() {
    let (rounds, told) = accepted(
        "CRAM-MD5",
        "S> PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
         C> dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw",
    );
    assert_eq!(rounds, [Round::Challenge(Mechanism::CramMd5), Round::Proof(Mechanism::CramMd5)]);
    assert_eq!(text(&told.username), Some("tim"));
    assert_eq!(text(&told.challenge), Some("<1896.697170952@postoffice.reston.mci.net>"));
    assert_eq!(secret(&told.response), Some("tim b913a602c7eda7a495b4e6e7334d3890"));
    assert_eq!((told.exposure, secret(&told.password)), (Exposure::Hash, None));
}

#[test]
fn digest_md5_rfc2831_with_its_last_round() {
    let challenge = r#"realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8"#;
    let response = r#"charset=utf-8,username="chris",realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",nc=00000001,cnonce="OA6MHXh6VqTrRk",digest-uri="imap/elwood.innosoft.com",response=d388dad90d4bbd760a152321f2143af7,qop=auth"#;
    let (rounds, told) = accepted(
        "DIGEST-MD5",
        &format!("S: {challenge}\n C: {response}\n S: rspauth=ea40f60335c427b5527b84dbabcdfffd\n C>"),
    );
    assert_eq!(
        rounds,
        [
            Round::Challenge(Mechanism::DigestMd5),
            Round::Proof(Mechanism::DigestMd5),
            Round::Challenge(Mechanism::DigestMd5),
            Round::Empty(Mechanism::DigestMd5)
        ]
    );
    assert_eq!(
        [text(&told.username), text(&told.challenge), secret(&told.response)],
        [Some("chris"), Some(challenge), Some(response)]
    );
    assert_eq!(told.exposure, Exposure::Hash);
}

#[test]
fn scram_rfc5802() {
    let first = "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL";
    let challenge = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";
    let last = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=";
    let end = "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=";
    for start in ["", "S>\n"] {
        let script = format!("{start}C: {first}\n S: {challenge}\n C: {last}\n S: {end}\n C>");
        let (rounds, told) = accepted("SCRAM-SHA-1", &script);
        assert_eq!(
            rounds[rounds.len() - 5..],
            [
                Round::Proof(Mechanism::Scram),
                Round::Challenge(Mechanism::Scram),
                Round::Proof(Mechanism::Scram),
                Round::Challenge(Mechanism::Scram),
                Round::Empty(Mechanism::Scram)
            ]
        );
        assert_eq!([text(&told.username), text(&told.challenge)], [Some("user"), Some(challenge)]);
        assert_eq!(secret(&told.response), Some(&*format!("{first}\n{last}")));
        assert_eq!(told.exposure, Exposure::Hash);
    }
}

#[test]
fn a_scram_that_ends_after_its_first_message_gives_nothing_away() {
    let (_, told) = exchange("SCRAM-SHA-256-PLUS", "C: p=tls-unique,,n=a=2Cb,r=x", LoginOutcome::Rejected);
    assert_eq!((&*told.mechanism, text(&told.username)), ("AUTH SCRAM-SHA-256-PLUS", Some("a,b")));
    assert_eq!(told.exposure, Exposure::None);
}

#[test]
fn oauthbearer_rfc7628() {
    let (rounds, told) = exchange(
        "OAUTHBEARER",
        "C> bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB
         S> eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIn0=
         C> AQ==",
        LoginOutcome::Rejected,
    );
    assert_eq!(
        rounds,
        [
            Round::Token,
            Round::Report(Mechanism::OauthBearer, LoginCause::WrongSecret),
            Round::Empty(Mechanism::OauthBearer)
        ]
    );
    assert_eq!(text(&told.username), Some("user@example.com"));
    assert_eq!(secret(&told.token), Some("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="));
    assert_eq!((told.exposure, told.challenge, told.cause), (Exposure::Token, None, Some(LoginCause::WrongSecret)));
}

#[test]
fn xoauth2() {
    let (rounds, told) = accepted("XOAUTH2", "S>\n C: user=someuser@example.com^Aauth=Bearer ya29.vF9dft4qmTc^A^A");
    assert_eq!(rounds, [Round::GoAhead(Mechanism::XOauth2), Round::Token]);
    assert_eq!([text(&told.username), secret(&told.token)], [Some("someuser@example.com"), Some("ya29.vF9dft4qmTc")]);
    assert_eq!(told.wire_forms.len(), 1);
}

#[test]
fn a_token_is_refused_by_the_error_report_alone() {
    let end = |outcome: LoginOutcome, report: &[u8]| {
        let mut exchange = Exchange::new(b"XOAUTH2");
        exchange.add_step(1);
        exchange.response(BASE64.encode(b"user=alice\x01auth=Bearer bad\x01\x01").as_bytes());
        exchange.challenge(BASE64.encode(report).as_bytes());
        exchange.finish(outcome).outcome
    };
    let report = br#"{"status":"401","schemes":"bearer"}"#;
    assert_eq!(end(LoginOutcome::Unknown, report), LoginOutcome::Rejected);
    assert_eq!(end(LoginOutcome::Accepted, report), LoginOutcome::Accepted);
    assert_eq!(end(LoginOutcome::Unknown, b""), LoginOutcome::Unknown);
}

#[test]
fn ntlm_names_user_domain_and_workstation() {
    let last = BASE64.encode(&ntlm::tests::authenticate_message("NETLAB", "alice", "CSLABC39", &[0xab; 16]));
    let script = format!(
        "S> ntlm supported
         C> TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAA=
         S> TlRMTVNTUAACAAAAAAAAACAAAAABAAAAASNFZ4mrze8=
         C> {last}"
    );
    let (rounds, told) = accepted("NTLM", &script);
    assert_eq!(
        rounds,
        [
            Round::GoAhead(Mechanism::Ntlm),
            Round::Proof(Mechanism::Ntlm),
            Round::Challenge(Mechanism::Ntlm),
            Round::Proof(Mechanism::Ntlm)
        ]
    );
    assert_eq!(text(&told.username), Some("alice"));
    assert_eq!(text(&told.challenge), Some("target=,challenge=0123456789abcdef"));
    let response = secret(&told.response).expect("a response");
    assert!(response.contains("domain=NETLAB,user=alice,workstation=CSLABC39"), "{response}");
    assert_eq!(told.exposure, Exposure::Hash);
}

#[test]
fn the_others_are_named_and_their_payload_is_kept() {
    let (rounds, told) = accepted("EXTERNAL", "C: alice");
    assert_eq!((rounds, text(&told.authorization_id)), (vec![Round::Username], Some("alice")));
    let (rounds, _) = accepted("EXTERNAL", "C> =");
    assert_eq!(rounds, [Round::Empty(Mechanism::External)]);
    let (_, told) = accepted("ANONYMOUS", "C: sirhc");
    assert_eq!((text(&told.username), told.exposure), (Some("sirhc"), Exposure::None));
    let (rounds, told) = accepted("GSSAPI", "S>\n C> YIIC\n S> /wA=");
    assert_eq!(rounds[1..], [Round::Proof(Mechanism::Gssapi), Round::Challenge(Mechanism::Gssapi)]);
    assert_eq!([secret(&told.response), text(&told.challenge)], [Some("YIIC"), Some("/wA=")]);
    let (_, told) = accepted("xymPKI", "C: hello\n S: ola\n C: again");
    assert_eq!((&*told.mechanism, secret(&told.response)), ("AUTH XYMPKI", Some("hello\nagain")));
}

#[test]
fn an_endless_exchange_stays_small() {
    let mut exchange = Exchange::new(b"X");
    exchange.add_step(1);
    let beyond = 1 + STEPS_PER_SESSION as StepId;
    for n in 0..3 * beyond {
        exchange.challenge(b"YWFhYWFhYWFhYWFh");
        exchange.response(b"YWFhYWFhYWFhYWFh");
        exchange.add_step((2 + n).min(beyond));
    }
    let told = exchange.finish(LoginOutcome::Unknown);
    assert!(told.response.expect("a response").reveal().len() < 1_000);
    assert_eq!(told.rounds_left_out, u64::from(3 * beyond) * 2 - SASL_ROUNDS as u64);
    assert_eq!(told.steps, Vec::from_iter(1..=beyond), "all of the session's, and what stands for those beyond");
}

proptest! {
    #[test]
    fn nothing_makes_an_exchange_panic(
        name in prop::sample::select(vec![
            "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "NTLM", "XOAUTH2", "OAUTHBEARER", "EXTERNAL", "?",
        ]),
        rounds in prop::collection::vec((any::<bool>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..100)), 0..20),
    ) {
        let mut exchange = Exchange::new(name.as_bytes());
    exchange.add_step(1);
        for (server, ntlm, bytes) in rounds {
            let bytes = if ntlm { [&b"NTLMSSP\0\x03\0\0\0"[..], &bytes].concat() } else { bytes };
            let encoded = BASE64.encode(&bytes);
            for wire in [encoded.as_bytes(), &bytes] {
                if server { exchange.challenge(wire) } else { exchange.response(wire) };
            }
        }
        exchange.finish(LoginOutcome::Unknown);
    }
}

#[test]
fn gssapi_names_the_service_and_at_the_end_the_user() {
    use gssapi::tests::{KERBEROS, ap_req, initial_token};
    let first = BASE64.encode(&initial_token(KERBEROS, &ap_req("imap", "mail.example", "EXAMPLE.ORG")));
    let script = format!(
        "S>
         C> {first}
         S> YAYGBCsGAQE=
         C>
         S> BQQF/wAMAAAAAAAAAAAAAAcAEAAAAAAAAAAAAAAAAAA=
         C> BQQE/wAMAAAAAAAAAAAAAAEAEABhbGljZQAAAAAAAAAAAAAAAA=="
    );
    let (rounds, told) = accepted("GSSAPI", &script);
    let gssapi = Mechanism::Gssapi;
    assert_eq!(
        rounds,
        [
            Round::GoAhead(gssapi),
            Round::Proof(gssapi),
            Round::Challenge(gssapi),
            Round::Empty(gssapi),
            Round::Challenge(gssapi),
            Round::Proof(gssapi)
        ]
    );
    assert_eq!([text(&told.username), text(&told.authorization_id)], [Some("alice"), Some("alice")]);
    let response = secret(&told.response).expect("a response");
    assert_eq!(response.lines().next(), Some("service=imap/mail.example@EXAMPLE.ORG"));
    assert_eq!(told.exposure, Exposure::None);
}

#[test]
fn a_gs2_header_names_the_user_at_once() {
    let request = gssapi::tests::ap_req("smtp", "mail.example", "EXAMPLE.ORG");
    let first = BASE64.encode(&[b"n,a=al=2Cice,".as_slice(), &request].concat());
    let (_, told) = accepted("GS2-KRB5", &format!("C> {first}"));
    assert_eq!(
        [text(&told.username), secret(&told.response)],
        [Some("al,ice"), Some("service=smtp/mail.example@EXAMPLE.ORG")]
    );
}

#[test]
fn ntlm_within_spnego_names_the_user() {
    let last = BASE64.encode(&ntlm::tests::authenticate_message("NETLAB", "alice", "CSLABC39", &[0xab; 16]));
    let (_, told) = accepted("GSS-SPNEGO", &format!("C> TlRMTVNTUAABAAAAAAAAAA==\n S> x\n C> {last}"));
    assert_eq!((text(&told.username), told.exposure), (Some("alice"), Exposure::Hash));
    assert!(secret(&told.response).is_some_and(|text| text.contains("domain=NETLAB,user=alice,workstation=CSLABC39")));
}
