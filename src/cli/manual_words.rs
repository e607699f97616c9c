//! What the manual page is made of, in each language.

/// A section of names, or of what is typed, each with what is said of it; after its title.
pub(super) type Section = (&'static str, &'static [(&'static str, &'static str)]);

/// The words of the page that are not of the command line's help.
pub(super) struct Words {
    /// Titles of sections.
    pub name: &'static str,
    pub synopsis: &'static str,
    pub description: &'static str,
    pub commands: &'static str,
    /// What may be typed instead of a command, after `options`.
    pub usages: &'static [&'static str],
    pub options: &'static str,
    pub examples: Section,
    pub environment: Section,
    pub exit_status: Section,
    pub files: Section,
    pub see_also: &'static str,
    /// Below the commands.
    pub hands: &'static str,
}
