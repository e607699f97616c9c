/*!
Listening on an interface, through libpcap.

The handle is non-blocking and waited for with `poll`: libpcap's own time-out does not end a read while no packet comes,
so that such a read could not be stopped.
*/

use super::save::Save;
use super::source_stats::SourceStats;
use super::{CaptureError, Cursor, Filter, Format, Heard, LinkType, Moved, Packet, Quiet, SourceInfo, Time};
use nix::poll::{PollFd, PollFlags, PollTimeout};
use pcap::{Active, Capture, Device, PacketHeader};
use std::cell::RefCell;
use std::fs::File;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Milliseconds after which [`Moved::Idle`] is returned while no packet comes, and for which the kernel may gather
/// packets.
const IDLE_MILLISECONDS: u16 = 100;
/// How long after the stop packets that the kernel has already gathered are still read.
const DRAIN: Duration = Duration::from_millis(500);
/// Packets between two readings of the statistics while packets keep coming.
const STATISTICS_EVERY: u64 = 4_096;

/// How to listen.
#[derive(Debug, Clone)]
pub struct LiveOptions {
    /// The interface; None means libpcap's first choice.
    pub interface: Option<String>,
    /// Bytes kept of each packet.
    pub snaplen: u32,
    /// Bytes of the kernel's buffer.
    pub buffer: u32,
    /// Whether to see packets of other machines, where the network brings them.
    pub promiscuous: bool,
    /// Whether the kernel hands over each packet at once, instead of gathering for up to 100 ms. Costs capacity.
    pub immediate: bool,
    /// A file to write the captured packets to.
    pub write: Option<PathBuf>,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            interface: None,
            snaplen: 262_144,
            buffer: 32 * 1024 * 1024,
            promiscuous: true,
            immediate: false,
            write: None,
        }
    }
}

/// An interface that is listened on.
pub struct Live {
    /// The statistics are read where only a reference is at hand.
    capture: RefCell<Capture<Active>>,
    save: Option<Save>,
    link: LinkType,
    stop: Arc<AtomicBool>,
    state: State,
    stats: SourceStats,
    counts: Counts,
    packet: Vec<u8>,
    time: Time,
    wire_len: u32,
    /// Who asks what has been received so far, and who is told.
    report: Option<(Arc<AtomicBool>, Report)>,
}

/// Whether packets are still wanted.
enum State {
    Listening,
    /// Stopped; packets already gathered are read until then.
    Draining(Instant),
    Ended,
}

/// What was counted since the beginning; libpcap's own counters wrap at 32 bits.
#[derive(Default, Clone, Copy)]
struct Counts {
    last: [u32; 3],
    total: Heard,
}

impl Counts {
    /// Read from libpcap again. Without statistics the counts stay what they were; packets are worth more than their number.
    fn read(self, capture: &mut Capture<Active>) -> Self {
        let Ok(now) = capture.stats() else { return self };
        let now = [now.received, now.dropped, now.if_dropped];
        let more = |nth: usize| u64::from(now[nth].wrapping_sub(self.last[nth]));
        let Heard { received, kernel, interface } = self.total;
        let total = Heard { received: received + more(0), kernel: kernel + more(1), interface: interface + more(2) };
        Self { last: now, total }
    }
}

/// Is told the name, the packets received and those dropped so far.
pub type Report = Box<dyn FnMut(&str, u64, u64) + Send>;

/// An interface that can be listened on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// The system's description of it.
    pub description: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Whether it is up.
    pub up: bool,
    /// Whether it is the loopback interface.
    pub loopback: bool,
}

/// The interfaces that can be listened on, in libpcap's order (its first choice first).
///
/// # Errors
/// If the system does not list them.
pub fn interfaces() -> Result<Vec<Interface>, CaptureError> {
    let devices = Device::list().map_err(|error| CaptureError::NoInterface { message: words(&error) })?;
    Ok(devices
        .into_iter()
        .map(|device| Interface {
            up: device.flags.is_up(),
            loopback: device.flags.is_loopback(),
            addresses: device.addresses.into_iter().map(|address| address.addr).collect(),
            description: device.desc,
            name: device.name,
        })
        .collect())
}

impl Live {
    /// Listens as `options` say, for packets that `filter` matches, until `stop` is set.
    ///
    /// # Errors
    /// If there is no such interface, this user may not listen, the filter does not fit, or the file cannot be written.
    pub fn open(options: &LiveOptions, filter: Option<&Filter>, stop: Arc<AtomicBool>) -> Result<Self, CaptureError> {
        let name = match &options.interface {
            Some(name) => name.clone(),
            None => default_interface()?,
        };
        let mut capture = activate(&name, options)?;
        let link = LinkType::from_dlt(capture.get_datalink().0);
        if let Some(filter) = filter {
            capture.filter(filter.expression(), true).map_err(|error| filter.error(link, &error))?;
        }
        let save = options.write.as_deref();
        let save = save.map(|path| Save::create(path, link, options.snaplen, &stop)).transpose()?;
        let mut stats = SourceStats::new(name, Format::Live, None);
        stats.link(link);
        stats.dropped(Some(0));
        Ok(Self {
            capture: RefCell::new(capture),
            save,
            link,
            stop,
            state: State::Listening,
            stats,
            counts: Counts::default(),
            packet: Vec::new(),
            time: Time::default(),
            wire_len: 0,
            report: None,
        })
    }

    /// The file that the captured packets are written to, if it was not there before.
    pub fn new_file(&self) -> Option<&File> {
        self.save.as_ref().and_then(Save::new_file)
    }

    /// The same, which tells `tell` what has been received and lost so far whenever `asked` is set, and clears it.
    pub fn reporting(self, asked: Arc<AtomicBool>, tell: Report) -> Self {
        Self { report: Some((asked, tell)), ..self }
    }

    fn report(&mut self) {
        if !self.report.as_ref().is_some_and(|(asked, _)| asked.load(Ordering::Relaxed)) {
            return;
        }
        self.count_drops();
        let (packets, dropped) = (self.stats.packets(), self.dropped());
        let name = self.stats.name();
        if let Some((asked, tell)) = &mut self.report {
            asked.store(false, Ordering::Relaxed);
            tell(&name, packets, dropped);
        }
    }

    /// Reads a packet that has already arrived; false if there is none.
    fn take(&mut self) -> Result<bool, CaptureError> {
        match self.capture.get_mut().next_packet() {
            Ok(packet) => {
                if let Some(save) = &mut self.save {
                    save.packet(time(packet.header), packet.header.len, packet.data)?;
                }
                self.packet.clear();
                self.packet.extend_from_slice(packet.data);
                self.time = time(packet.header);
                self.wire_len = packet.header.len.max(packet.header.caplen);
            }
            Err(pcap::Error::TimeoutExpired | pcap::Error::NoMorePackets) => return Ok(false),
            Err(error) => return Err(self.interface(words(&error))),
        }
        self.stats.packet(self.time, self.link, self.packet.len(), 0);
        if self.stats.packets().is_multiple_of(STATISTICS_EVERY) {
            self.count_drops();
        }
        Ok(true)
    }

    /// Waits for a packet; false if none came.
    fn wait(&mut self) -> Result<bool, CaptureError> {
        let capture: &Capture<Active> = self.capture.get_mut();
        let mut handles = [PollFd::new(capture.as_fd(), PollFlags::POLLIN)];
        match nix::poll::poll(&mut handles, PollTimeout::from(IDLE_MILLISECONDS)) {
            Ok(ready) => Ok(ready > 0),
            // A signal came: return, so that the caller can act on it.
            Err(nix::errno::Errno::EINTR) => Ok(false),
            Err(error) => Err(self.interface(error.desc().to_owned())),
        }
    }

    fn step(&mut self) -> Result<Moved, CaptureError> {
        self.report();
        if self.stop.load(Ordering::Relaxed) && matches!(self.state, State::Listening) {
            self.state = State::Draining(Instant::now() + DRAIN);
        }
        match self.state {
            State::Listening => {
                if self.take()? || (self.wait()? && self.take()?) {
                    return Ok(Moved::Packet);
                }
                self.count_drops();
                self.flush()?;
                Ok(Moved::Idle(Quiet::Live))
            }
            // Packets sent before the stop may still be gathered in the kernel, for up to its time-out.
            State::Draining(until) if Instant::now() < until => {
                if self.take()? || (self.wait()? && self.take()?) {
                    return Ok(Moved::Packet);
                }
                self.end()
            }
            State::Draining(_) => self.end(),
            State::Ended => Ok(Moved::End),
        }
    }

    fn end(&mut self) -> Result<Moved, CaptureError> {
        self.state = State::Ended;
        self.count_drops();
        self.flush()?;
        Ok(Moved::End)
    }

    fn flush(&mut self) -> Result<(), CaptureError> {
        self.save.as_mut().map_or(Ok(()), Save::flush)
    }

    fn count_drops(&mut self) {
        self.counts = self.counts.read(self.capture.get_mut());
        self.stats.dropped(Some(self.dropped()));
    }

    fn dropped(&self) -> u64 {
        self.counts.total.kernel + self.counts.total.interface
    }

    fn interface(&self, message: String) -> CaptureError {
        CaptureError::Interface { name: self.stats.name(), message }
    }
}

impl Cursor for Live {
    fn advance(&mut self) -> Result<Moved, CaptureError> {
        let moved = self.step();
        if let Err(error) = &moved {
            self.state = State::Ended;
            self.stats.problem(&error.problem());
        }
        moved
    }

    fn packet(&self) -> Packet<'_> {
        Packet {
            number: self.stats.packets(),
            time: self.time,
            link: self.link,
            data: &self.packet,
            wire_len: self.wire_len,
        }
    }

    fn info(&self) -> Vec<SourceInfo> {
        vec![self.stats.info()]
    }

    fn heard(&self) -> Option<Heard> {
        // The run may have ended anywhere.
        Some(self.counts.read(&mut self.capture.borrow_mut()).total)
    }

    fn is_live(&self) -> bool {
        true
    }
}

/// libpcap's first choice.
fn default_interface() -> Result<String, CaptureError> {
    match Device::lookup() {
        Ok(Some(device)) => Ok(device.name),
        Ok(None) => Err(CaptureError::NoInterface { message: "there is none that this user may use".to_owned() }),
        Err(error) => Err(CaptureError::NoInterface { message: words(&error) }),
    }
}

/// Opens the interface for non-blocking reads on a handle that can be polled.
fn activate(name: &str, options: &LiveOptions) -> Result<Capture<Active>, CaptureError> {
    let open = |promiscuous| {
        Capture::from_device(name)?
            .snaplen(i32::try_from(options.snaplen).unwrap_or(i32::MAX))
            .buffer_size(i32::try_from(options.buffer).unwrap_or(i32::MAX))
            .timeout(i32::from(IDLE_MILLISECONDS))
            .immediate_mode(options.immediate)
            .promisc(promiscuous)
            .open()
    };
    let opened = match open(options.promiscuous) {
        // The `any` interface cannot be promiscuous; libpcap warns, and the crate takes that for an error.
        Err(error) if options.promiscuous && words(&error).contains("romiscuous") => open(false),
        other => other,
    };
    let capture = opened.map_err(|error| refusal(name, words(&error)))?;
    capture.setnonblock().map_err(|error| CaptureError::Interface { name: name.to_owned(), message: words(&error) })
}

/// The error that libpcap's message stands for; libpcap has no numbers to tell these errors apart by.
fn refusal(name: &str, message: String) -> CaptureError {
    let name = name.to_owned();
    let says = |words: &[&str]| words.iter().any(|word| message.to_ascii_lowercase().contains(word));
    if says(&["permi", "denied", "not permitted"]) {
        let program = std::env::current_exe().map_or_else(|_| "mailtap".into(), |path| path.display().to_string());
        return CaptureError::MayNotListen { name, message, program };
    }
    if says(&["no such device", "not exist", "no such file"]) {
        let names: Vec<String> = interfaces().unwrap_or_default().into_iter().map(|interface| interface.name).collect();
        let available = if names.is_empty() { "none that this user may see".to_owned() } else { names.join(", ") };
        return CaptureError::NoSuchInterface { name, available };
    }
    CaptureError::Interface { name, message }
}

fn time(header: &PacketHeader) -> Time {
    Time::from_microseconds(header.ts.tv_sec.saturating_mul(1_000_000).saturating_add(header.ts.tv_usec))
}

/// libpcap's own message, without the crate's.
pub(super) fn words(error: &pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(message) => message.clone(),
        other => other.to_string(),
    }
}
