//! The domain of an address, in the one form in which domains can be compared.

use std::borrow::Cow;

/// The domain of an address or path: lower case, with A-labels for what is not ASCII (RFC 5890, section 2.3.2.1), and
/// without a dot at its end. An address literal (`[192.0.2.1]`) is one too. Absent where there is none (`postmaster`,
/// `<>`). What is no domain of the DNS is only brought to lower case.
pub fn of_address(address: &str) -> Option<String> {
    // After a source route, and after a quoted local part, the last sign is the one that counts.
    let (_, domain) = address.rsplit_once('@')?;
    let domain = domain.trim().trim_end_matches('.');
    let domain = match domain.is_ascii() {
        true => Cow::Borrowed(domain),
        false => idna::domain_to_ascii(domain).map_or(Cow::Borrowed(domain), Cow::Owned),
    };
    Some(domain.to_lowercase()).filter(|domain| !domain.is_empty())
}

#[cfg(test)]
mod tests {
    use super::of_address;

    #[test]
    fn domains_can_be_compared() {
        for (address, domain) in [
            ("a@Example.TEST", Some("example.test")),
            ("a@example.test.", Some("example.test")),
            ("\"a@b\"@example.test", Some("example.test")),
            ("@relay.test,@other.test:a@example.test", Some("example.test")),
            ("用户@例子.测试", Some("xn--fsqu00a.xn--0zwm56d")),
            ("a@BÜCHER.example", Some("xn--bcher-kva.example")),
            ("a@my_host.test", Some("my_host.test")),
            ("a@[192.0.2.1]", Some("[192.0.2.1]")),
            ("a@[IPv6:2001:DB8::1]", Some("[ipv6:2001:db8::1]")),
            ("postmaster", None),
            ("", None),
            ("a@", None),
        ] {
            assert_eq!(of_address(address).as_deref(), domain, "{address}");
        }
    }
}
