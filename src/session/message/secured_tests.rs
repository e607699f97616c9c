//! Messages that are signed or encrypted (RFC 8551, RFC 3156, RFC 9580): their parts are reported as they crossed, and
//! nothing of their armour is taken for MIME.

use super::tests::expect;

#[test]
fn a_detached_signature_stands_beside_what_it_signs() {
    expect(
        "
            Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256;
             boundary=\"----=_outer\"

            This is an S/MIME signed message

            ------=_outer
            Content-Type: multipart/mixed; boundary=\"----=_inner\"

            ------=_inner
            Content-Type: text/plain

            text
            ------=_inner
            Content-Type: application/pdf; name=\"a.pdf\"
            Content-Transfer-Encoding: base64

            aGVsbG8=
            ------=_inner--

            ------=_outer
            Content-Type: application/pkcs7-signature; name=\"smime.p7s\"
            Content-Transfer-Encoding: base64
            Content-Disposition: attachment; filename=\"smime.p7s\"

            aGVsbG8=
            ------=_outer--
        ",
        "
            - multipart/signed
              - multipart/mixed
                - text/plain
                - application/pdf
              - application/pkcs7-signature
            * a.pdf application/pdf hello
            * smime.p7s application/pkcs7-signature hello
        ",
    );
}

#[test]
fn an_opaque_message_is_its_own_attachment() {
    expect(
        "
            MIME-Version: 1.0
            Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m
            Content-Transfer-Encoding: base64
            Content-Disposition: attachment; filename=smime.p7m

            aGVsbG8=
        ",
        "
            - application/pkcs7-mime
            * smime.p7m application/pkcs7-mime hello
        ",
    );
}

#[test]
fn pgp_mime_encrypted_and_its_keys() {
    expect(
        "
            Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=foo

            --foo
            Content-Type: application/pgp-encrypted

            Version: 1

            --foo
            Content-Type: application/octet-stream; name=\"encrypted.asc\"
            Content-Disposition: inline; filename=\"encrypted.asc\"

            hello
            --foo
            Content-Type: application/pgp-keys; name=\"0x1234.asc\"

            hello
            --foo--
        ",
        "
            - multipart/encrypted
              - application/pgp-encrypted
              - application/octet-stream
              - application/pgp-keys
            * - application/pgp-encrypted other
            * encrypted.asc application/octet-stream hello
            * 0x1234.asc application/pgp-keys hello
        ",
    );
}

/// The armour's dashes are no delimiters, its header fields are not the message's, and `- -` stays in the text.
#[test]
fn armour_in_the_text_is_text() {
    expect(
        "
            Subject: x
            Content-Type: multipart/mixed; boundary=\"---BEGIN PGP MESSAGE\"

            -----BEGIN PGP MESSAGE
            Content-Type: text/plain

            -----BEGIN PGP MESSAGE-----
            Subject: not this
            Content-Type: image/png; name=not.png

            hQEMA0
            =abcd
            -----END PGP MESSAGE-----
            -----BEGIN PGP MESSAGE
            Content-Type: text/plain; name=a.txt

            hello
            -----BEGIN PGP MESSAGE--
        ",
        "
            Subject: x
            - multipart/mixed
              - text/plain
              - text/plain
            * a.txt text/plain hello
        ",
    );
    expect(
        "
            Content-Type: text/plain

            -----BEGIN PGP SIGNED MESSAGE-----
            Hash: SHA256

            - --dash
            begin 644 a.txt
            %:&5L;&\\
            `
            end
            -----BEGIN PGP SIGNATURE-----

            iQ==
            -----END PGP SIGNATURE-----
        ",
        "
            - text/plain
            * a.txt - hello
        ",
    );
}
