/*!
Privileges, dropped before the first packet is parsed. Listening needs them only until the interface is open, and what
comes then is written by strangers.

All capabilities go, and cannot be had again; root becomes an ordinary user. Where the kernel has Landlock, files can be
opened only where it is still needed, and nothing can be connected to. No list of permitted system calls (seccomp) is set
on top: which ones libc and libpcap use differs from one version to the next, and a list that is too short kills a
capture.

All of this is done while the process has one thread: on Linux each thread has capabilities of its own, and those that
begin later inherit them.
*/

use crate::cli;
use nix::unistd::{Gid, Uid, User, setgid, setuid};
use std::fs::File;
use std::os::unix::fs::{fchown, lchown};
use std::path::{Path, PathBuf};

/// Why privileges could not be dropped. Nothing is parsed then.
#[derive(Debug, thiserror::Error)]
#[error("privileges cannot be dropped: {what}: {todo}")]
pub(super) struct Kept {
    pub(super) what: String,
    pub(super) todo: &'static str,
}

/// What to do where it is the change of the user that fails.
const NAME_ANOTHER: &str = "name another user by --user, or keep root by --user root";

/// Whom to become.
pub(super) struct Privileges {
    /// None where this process stays whom it is.
    become_user: Option<Identity>,
    /// Whether the files that were made so far are to belong to that user: not where it is one that many programs
    /// share, and the result would be theirs to read.
    gives: bool,
}

struct Identity {
    uid: Uid,
    gid: Gid,
    name: String,
}

impl Privileges {
    /// Whom this process is to become.
    ///
    /// # Errors
    /// If there is no such user, or this process cannot become it.
    pub(super) fn of(user: &cli::User) -> Result<Self, Kept> {
        let (real, effective) = (Uid::current(), Uid::effective());
        if let Some(name) = &user.asked {
            let identity = named(name)?;
            if identity.uid == effective && identity.uid == real {
                return Ok(Self { become_user: None, gives: false });
            }
            if !effective.is_root() {
                let what = format!("only root can become {name}");
                return Err(Kept { what, todo: "run it without --user" });
            }
            return Ok(Self { become_user: Some(identity), gives: true });
        }
        if !effective.is_root() {
            return Ok(Self { become_user: None, gives: false });
        }
        if real.is_root() && std::fs::read_to_string("/proc/self/uid_map").is_ok_and(|map| has_one_user(&map)) {
            // As in `unshare -r`: this root is the ordinary user who made the namespace, and there is none to become. All
            // capabilities go all the same.
            log::debug!("the user namespace has no other user: root is kept, without its capabilities");
            return Ok(Self { become_user: None, gives: false });
        }
        // A program with the set-user-ID bit goes on as the user who runs it.
        let caller = if real.is_root() { user.caller } else { Some((real.as_raw(), Gid::current().as_raw())) };
        match caller {
            Some((uid, gid)) if uid != 0 => {
                let identity = Identity { uid: uid.into(), gid: gid.into(), name: format!("user {uid}") };
                Ok(Self { become_user: Some(identity), gives: true })
            }
            _ => Ok(Self { become_user: Some(named("nobody")?), gives: false }),
        }
    }

    /// The user to become, if it is another.
    pub(super) fn user(&self) -> Option<&str> {
        self.become_user.as_ref().map(|identity| identity.name.as_str())
    }

    /// `file`, which was just made, belongs to the user who is to read it.
    ///
    /// # Errors
    /// If it cannot be given.
    pub(super) fn give(&self, file: &File, path: &Path) -> Result<(), Kept> {
        match self.become_user.as_ref().filter(|_| self.gives) {
            Some(Identity { uid, gid, .. }) if file.metadata().is_ok_and(|metadata| metadata.is_file()) => {
                fchown(file, Some(uid.as_raw()), Some(gid.as_raw())).map_err(|error| given(path, &error))
            }
            _ => Ok(()),
        }
    }

    /// The folder, which was just made, belongs to the user who is to make files in it.
    ///
    /// # Errors
    /// If it cannot be given.
    pub(super) fn give_folder(&self, folder: &Path) -> Result<(), Kept> {
        match &self.become_user {
            Some(Identity { uid, gid, .. }) => {
                lchown(folder, Some(uid.as_raw()), Some(gid.as_raw())).map_err(|error| given(folder, &error))
            }
            None => Ok(()),
        }
    }

    /// Drops what is not needed once the interface and the files are open. Of files, only those in `folders` can be
    /// opened after it, and read those in the folders of key `logs`, which may come later or be replaced: which files there will be
    /// is not known to the kernel.
    ///
    /// # Errors
    /// If something that could be kept is kept.
    pub(super) fn drop(&self, interface: Option<&str>, folders: &[&Path], logs: &[PathBuf]) -> Result<(), Kept> {
        #[cfg(target_os = "linux")]
        linux::before()?;
        if let Some(Identity { uid, gid, name }) = &self.become_user {
            let refused = |error: nix::errno::Errno| {
                let what = format!("cannot become {name} ({})", error.desc());
                Kept { what, todo: NAME_ANOTHER }
            };
            // Not offered on Apple's systems.
            #[cfg(not(target_vendor = "apple"))]
            nix::unistd::setgroups(&[]).map_err(refused)?;
            setgid(*gid).and_then(|()| setuid(*uid)).map_err(refused)?;
            let is_another = Uid::current() == *uid && Uid::effective() == *uid && Gid::effective() == *gid;
            if !is_another || (!uid.is_root() && setuid(Uid::from_raw(0)).is_ok()) {
                return Err(Kept { what: format!("this process did not become {name}"), todo: NAME_ANOTHER });
            }
        }
        #[cfg(target_os = "linux")]
        linux::after(interface, folders, logs)?;
        #[cfg(not(target_os = "linux"))]
        let _ = (interface, folders, logs);
        Ok(())
    }
}

fn named(name: &str) -> Result<Identity, Kept> {
    let what = match User::from_name(name) {
        Ok(Some(user)) => return Ok(Identity { uid: user.uid, gid: user.gid, name: name.to_owned() }),
        Ok(None) => format!("there is no user {name}"),
        Err(error) => format!("user {name} is not found ({})", error.desc()),
    };
    Err(Kept { what, todo: NAME_ANOTHER })
}

/// Whether a user namespace has one user only: by its `uid_map`, lines of a first number inside, the same outside, and how
/// many (user_namespaces(7)).
fn has_one_user(map: &str) -> bool {
    let counts =
        map.lines().map(|line| line.split_ascii_whitespace().nth(2).and_then(|count| count.parse::<u64>().ok()));
    matches!(counts.collect::<Vec<_>>().as_slice(), [Some(1)])
}

fn given(path: &Path, error: &std::io::Error) -> Kept {
    let what = format!("{} cannot be given to the user who is to read it ({error})", path.display());
    Kept { what, todo: NAME_ANOTHER }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::Kept;
    use caps::errors::CapsError;
    use caps::{CapSet, Capability};
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
        RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
    };
    use std::path::{Path, PathBuf};

    /// The newest kernel interface whose restrictions are known to suit.
    const KNOWN: ABI = ABI::V6;
    /// What to do where the kernel refuses what it never refuses.
    const TODO: &str = "capture with tcpdump -w, and read its file as an ordinary user";

    fn kept(error: &CapsError) -> Kept {
        Kept { what: error.to_string(), todo: TODO }
    }

    /// While this process may still do so: nothing that it executes can have capabilities.
    pub(super) fn before() -> Result<(), Kept> {
        if std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() > 1) {
            return Err(Kept { what: "another thread has begun already".to_owned(), todo: TODO });
        }
        // An ordinary user who may capture may not do this; nor can it get any capability by executing a program, below.
        if caps::has_cap(None, CapSet::Effective, Capability::CAP_SETPCAP).map_err(|error| kept(&error))? {
            caps::clear(None, CapSet::Bounding).map_err(|error| kept(&error))?;
        }
        Ok(())
    }

    /// Drops all capabilities for good, and confines this process where the kernel can.
    pub(super) fn after(interface: Option<&str>, folders: &[&Path], logs: &[PathBuf]) -> Result<(), Kept> {
        if caps::runtime::ambient_set_supported().is_ok() {
            caps::clear(None, CapSet::Ambient).map_err(|error| kept(&error))?;
        }
        let sets = [CapSet::Effective, CapSet::Permitted, CapSet::Inheritable];
        for set in sets {
            caps::clear(None, set).map_err(|error| kept(&error))?;
        }
        for set in sets {
            if !caps::read(None, set).map_err(|error| kept(&error))?.is_empty() {
                return Err(Kept { what: format!("{set:?} capabilities are left"), todo: TODO });
            }
        }
        nix::sys::prctl::set_no_new_privs().map_err(|error| Kept { what: error.desc().to_owned(), todo: TODO })?;
        // Best effort: many kernels have none of it, and old ones not all.
        match confined(interface, folders, logs) {
            Ok(status) => log::debug!("Landlock: {status:?}"),
            Err(error) => log::debug!("Landlock: {error}"),
        }
        Ok(())
    }

    pub(super) fn confined(
        interface: Option<&str>,
        folders: &[&Path],
        logs: &[PathBuf],
    ) -> Result<RulesetStatus, RulesetError> {
        let ruleset = Ruleset::default();
        // Without it, files in different folders could not be renamed to each other's place, as --extract does.
        let ruleset = match folders.is_empty() {
            false => ruleset
                .set_compatibility(CompatLevel::HardRequirement)
                .handle_access(AccessFs::Refer)?
                .set_compatibility(CompatLevel::BestEffort),
            true => ruleset,
        };
        let mut ruleset = ruleset
            .handle_access(AccessFs::from_all(KNOWN))?
            .handle_access(AccessNet::from_all(KNOWN))?
            .scope(Scope::from_all(KNOWN))?
            .create()?;
        for fd in folders.iter().filter_map(|folder| PathFd::new(folder).ok()) {
            // As messages and tables are written: to new files, which change folders or names, or are removed.
            let access = AccessFs::from_read(KNOWN) | AccessFs::from_write(KNOWN);
            ruleset = ruleset.add_rule(PathBeneath::new(fd, access & !AccessFs::Execute))?;
        }
        for file in logs {
            let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if let Ok(fd) = PathFd::new(parent) {
                ruleset = ruleset.add_rule(PathBeneath::new(fd, AccessFs::ReadFile))?;
            }
        }
        // libpcap reads there how many packets the interface itself has dropped.
        let statistics = |name| Path::new("/sys/class/net").join::<&str>(name).join("statistics");
        let statistics = interface.map(statistics).and_then(|link: PathBuf| link.canonicalize().ok());
        for read in statistics.into_iter().chain(["/proc/net/dev".into()]) {
            if let Ok(fd) = PathFd::new(&read) {
                let access = if read.is_dir() { AccessFs::from_read(KNOWN) } else { AccessFs::ReadFile.into() };
                ruleset = ruleset.add_rule(PathBeneath::new(fd, access & !AccessFs::Execute))?;
            }
        }
        Ok(ruleset.restrict_self()?.ruleset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Landlock confines the thread that asks for it and those that it begins.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_that_is_awaited_can_be_read_once_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (awaited, elsewhere) = (folder.path().join("a/keys.log"), folder.path().join("b/keys.log"));
        for file in [&awaited, &elsewhere] {
            std::fs::create_dir(file.parent().unwrap()).unwrap();
        }
        let files = [awaited.clone()];
        let (confined, begin) = std::sync::mpsc::channel();
        let (ready, wait) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let status = linux::confined(None, &[], &files);
            ready.send(()).unwrap();
            let (awaited, elsewhere): (PathBuf, PathBuf) = begin.recv().unwrap();
            let written = std::fs::OpenOptions::new().append(true).open(&awaited);
            (status, File::open(awaited), written, File::open(elsewhere))
        });
        wait.recv().unwrap();
        for file in [&awaited, &elsewhere] {
            std::fs::write(file, "").unwrap();
        }
        confined.send((awaited, elsewhere)).unwrap();
        let (status, read, written, other) = thread.join().unwrap();
        assert!(read.is_ok(), "{read:?}");
        if status.is_ok_and(|status| status == landlock::RulesetStatus::FullyEnforced) {
            assert!(written.is_err() && other.is_err(), "nothing else can be opened");
        }
    }

    #[test]
    fn a_namespace_of_one_user_is_told_by_its_map() {
        assert!(has_one_user("         0       1000          1\n"));
        for more in ["0 0 4294967295\n", "0 1000 1\n1 100000 65536\n", "0 1000 2\n", "", "nonsense\n"] {
            assert!(!has_one_user(more), "{more}");
        }
    }
}
