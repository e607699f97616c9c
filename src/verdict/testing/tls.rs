//! TLS handshakes as lines of a script.

/// A script's line of bytes.
fn line(side: char, bytes: &[u8]) -> String {
    let escaped: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    format!("{side}| {escaped}")
}

fn with_length(width: usize, body: &[u8]) -> Vec<u8> {
    [&(body.len() as u64).to_be_bytes()[8 - width..], body].concat()
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, 1][..], &with_length(2, body)].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    record(22, &[&[kind][..], &with_length(3, body)].concat())
}

/// The ClientHello of a client that offers TLS 1.0 at most, and asks for this server unless the name is empty.
pub fn hello(server: &str) -> String {
    let names = with_length(2, &[&[0][..], &with_length(2, server.as_bytes())].concat());
    let extension = [&[0, 0][..], &with_length(2, &names)].concat();
    let extensions = if server.is_empty() { Vec::new() } else { with_length(2, &extension) };
    line('C', &message(1, &[&[3, 1][..], &[7; 32], &[0, 0, 2, 0, 0x2f, 1, 0], &extensions].concat()))
}

/// A ServerHello.
pub fn server_hello(version: u16, cipher: u16) -> String {
    let body = [&version.to_be_bytes()[..], &[7; 32], &[0], &cipher.to_be_bytes(), &[0]].concat();
    line('S', &message(2, &body))
}

/// A fatal alert of a side.
pub fn alert(side: char, description: u8) -> String {
    line(side, &record(21, &[2, description]))
}

/// A warning of a side.
pub fn warning(side: char, description: u8) -> String {
    line(side, &record(21, &[1, description]))
}

/// What both sides send once they have keys.
pub fn keys() -> String {
    let ends = [record(20, &[1]), record(22, &[0xee; 40])].concat();
    format!("{}\n{}", line('C', &ends), line('S', &ends))
}

/// What a certificate says.
pub struct Certificate {
    /// `YYMMDDhhmmssZ`.
    pub from: &'static str,
    /// `YYMMDDhhmmssZ`.
    pub until: &'static str,
    /// The common name of its subject.
    pub name: &'static str,
    /// The common name of its issuer.
    pub issuer: &'static str,
}

impl Certificate {
    /// One that is all right when scripts take place, in 2009.
    pub const USUAL: Self =
        Self { from: "090101000000Z", until: "190101000000Z", name: "mx.example", issuer: "An Authority" };

    fn der(&self) -> Vec<u8> {
        let der = |tag: u8, pieces: &[&[u8]]| [&[tag, 0x82][..], &with_length(2, &pieces.concat())].concat();
        let named = |name: &str| {
            let attribute = der(0x30, &[b"\x06\x03\x55\x04\x03", &der(12, &[name.as_bytes()])]);
            der(0x30, &[&der(0x31, &[&attribute])])
        };
        let algorithm = der(0x30, &[b"\x06\x03\x2b\x65\x70"]);
        let validity = der(0x30, &[&der(0x17, &[self.from.as_bytes()]), &der(0x17, &[self.until.as_bytes()])]);
        let key = der(0x30, &[&algorithm, &der(3, &[&[0; 33]])]);
        let fields = [b"\xa0\x03\x02\x01\x02\x02\x01\x01", &algorithm[..], &named(self.issuer), &validity].concat();
        let fields = der(0x30, &[&fields, &named(self.name), &key]);
        der(0x30, &[&fields, &algorithm, &der(3, &[&[0; 65]])])
    }
}

/// A session of IMAP within TLS: ClientHello, ServerHello and Certificate are its first three steps. Then comes `then`.
pub fn session(server: &str, certificate: &Certificate, then: &str) -> String {
    let list = with_length(3, &with_length(3, &certificate.der()));
    let [hello, answer, certificate] = [hello(server), server_hello(0x0303, 0xc030), line('S', &message(11, &list))];
    format!("--- server 192.0.2.1:993\n{hello}\n{answer}\n{certificate}\n{then}")
}
