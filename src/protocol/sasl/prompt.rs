//! The prompts of LOGIN, which servers word as they like: `Username:`, `User Name` and a NUL, `Password:`.

/// What a prompt asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// The user name.
    Username,
    /// The password.
    Password,
}

/// What LOGIN's next response is. The words of the prompt decide; the order does where they are not known, since servers
/// word the prompts as they like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The user name.
    Username,
    /// The password.
    Password,
    /// There is none.
    Over,
}

impl Turn {
    /// The next response after one.
    pub fn next(self) -> Self {
        match self {
            Self::Username => Self::Password,
            Self::Password | Self::Over => Self::Over,
        }
    }
}

/// Longest prompt that is looked at: others are challenges.
const PROMPT_BYTES: usize = 64;

/// Words for a password, lower case, without spaces and punctuation. They come first: a prompt may ask for the password
/// of a user whom it names.
const PASSWORD: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "kennwort",
    "motdepasse",
    "contrase",
    "senha",
    "пароль",
    "密码",
    "密码",
    "パスワード",
];
/// The same for a user name.
const USERNAME: &[&str] = &[
    "username",
    "userid",
    "login",
    "user",
    "account",
    "benutzer",
    "utilisateur",
    "usuario",
    "email",
    "用户",
    "账号",
    "ユーザ",
];

/// What the decoded prompt asks for; `None` where its words are not known.
pub fn asked(prompt: &[u8]) -> Option<Asks> {
    let prompt = std::str::from_utf8(prompt).ok().filter(|prompt| prompt.len() <= PROMPT_BYTES)?;
    // A challenge of CRAM-MD5 or DIGEST-MD5 may hold any word.
    if prompt.contains(['<', '=', '{', '@']) {
        return None;
    }
    let words: String = prompt.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let says = |of: &[&str]| of.iter().any(|word| words.contains(word));
    match () {
        () if says(PASSWORD) || words == "pass" || words == "pin" => Some(Asks::Password),
        () if says(USERNAME) || words == "name" => Some(Asks::Username),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Asks, asked};

    #[test]
    fn prompts_are_known_by_their_words() {
        for prompt in ["Username:", "User Name\0", "username", "USERNAME:", "Login:", "User:", "Benutzername:"] {
            assert_eq!(asked(prompt.as_bytes()), Some(Asks::Username), "{prompt}");
        }
        for prompt in ["Password:", "Password\0", "PASSWORD", "Passwort:", "pass", "Password for user bob:"] {
            assert_eq!(asked(prompt.as_bytes()), Some(Asks::Password), "{prompt}");
        }
        for challenge in ["", "<12.34@user.example.test>", "realm=\"user\",nonce=\"x\"", "{\"status\":\"401\"}", "?"] {
            assert_eq!(asked(challenge.as_bytes()), None, "{challenge}");
        }
        assert_eq!(asked(&[b'u'; 10_000]), None);
        assert_eq!(asked(b"\xff"), None);
    }
}
