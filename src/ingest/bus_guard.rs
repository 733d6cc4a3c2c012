//! Turns the signal of a map whose file was cut short into a message and an exit code.
//!
//! The system sends SIGBUS to whoever reads a page that its file no longer has. No program can go on
//! from there: the bytes are gone. The guard, which the program installs once, says which file it was
//! and ends the process with the code for bad input; a SIGBUS from anywhere else ends it as ever.
//!
//! Contract: the handler does what a handler may (reads atomics, `poll`, `write`, `pause`, `_exit`), and
//! ends the process even where nobody reads what it says. No handler runs before it: the standard
//! library's would give the signal back to the system while other threads may fault as well. Maps are in a
//! list that only grows, whose nodes are used again and never freed, so that it can be read at any instant.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::escaped::escaped;

/// How much of a file's name is kept: its end, which tells most.
const NAME_BYTES: usize = 120;
/// Room for what the guard says: no more than any system's pipe takes at once, or not at all.
#[cfg(unix)]
const MESSAGE_BYTES: usize = 256;

/// One map, past or present.
struct Node {
    /// First address; zero while the node is not in use.
    start: AtomicUsize,
    /// The address behind the last.
    end: AtomicUsize,
    name: [AtomicU8; NAME_BYTES],
    name_bytes: AtomicUsize,
    next: AtomicPtr<Node>,
}

static NEWEST: AtomicPtr<Node> = AtomicPtr::new(std::ptr::null_mut());
/// Some thread's fault is ending the process.
static IS_ENDING: AtomicBool = AtomicBool::new(false);
static UNUSED: Mutex<Vec<&'static Node>> = Mutex::new(Vec::new());

/// An address range that the guard knows, until this is dropped.
pub(super) struct Watched(&'static Node);

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Watched({:#x})", self.0.start.load(Ordering::Relaxed))
    }
}

impl Watched {
    pub(super) fn new(addresses: Range<*const u8>, path: &Path) -> Self {
        let unused = UNUSED.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let node = unused.unwrap_or_else(|| Box::leak(Box::new(Node::new())));
        let name = escaped(&path.display().to_string());
        let tail = &name.as_bytes()[name.len().saturating_sub(NAME_BYTES)..];
        node.name.iter().zip(tail).for_each(|(to, from)| to.store(*from, Ordering::Relaxed));
        node.name_bytes.store(tail.len(), Ordering::Relaxed);
        node.end.store(addresses.end.addr(), Ordering::Relaxed);
        node.start.store(addresses.start.addr(), Ordering::Release);
        if unused.is_none() {
            node.publish();
        }
        Self(node)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.start.store(0, Ordering::Release);
        UNUSED.lock().unwrap_or_else(PoisonError::into_inner).push(self.0);
    }
}

impl Node {
    fn new() -> Self {
        Self {
            start: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            name: [const { AtomicU8::new(0) }; NAME_BYTES],
            name_bytes: AtomicUsize::new(0),
            next: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// Puts a new node before all others.
    fn publish(&'static self) {
        let this = std::ptr::from_ref(self).cast_mut();
        let mut newest = NEWEST.load(Ordering::Acquire);
        loop {
            self.next.store(newest, Ordering::Relaxed);
            match NEWEST.compare_exchange_weak(newest, this, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(found) => newest = found,
            }
        }
    }

    #[cfg(unix)]
    fn holds(&self, address: usize) -> bool {
        let start = self.start.load(Ordering::Acquire);
        start != 0 && (start..self.end.load(Ordering::Relaxed)).contains(&address)
    }
}

/// The node of the map that holds an address.
#[cfg(unix)]
fn find(address: usize) -> Option<&'static Node> {
    let mut at = NEWEST.load(Ordering::Acquire);
    loop {
        #[expect(unsafe_code, reason = "the list is walked inside a signal handler, without locks")]
        // SAFETY: every pointer in the list is null or comes from a leaked box in `publish`.
        let node: &'static Node = unsafe { at.as_ref() }?;
        if node.holds(address) {
            return Some(node);
        }
        at = node.next.load(Ordering::Relaxed);
    }
}

/// Installs the guard for the whole process. Without it a file that is cut short ends the process by
/// signal.
///
/// # Errors
/// Those of the system.
#[cfg(unix)]
pub fn guard_maps() -> std::io::Result<()> {
    #[expect(unsafe_code, reason = "what a handler may do cannot be checked by the compiler")]
    // SAFETY: all fields are integers or a set of signals, for which zero is a value, and the set is made
    // empty as the system wants it. The handler has the signature that `SA_SIGINFO` asks for; it reads
    // atomics of leaked memory and makes only calls that a handler may; it neither allocates nor locks nor
    // panics.
    let installed = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = handle;
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut())
    };
    if installed == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

#[cfg(unix)]
extern "C" fn handle(
    _signal: libc::c_int,
    info: *mut libc::siginfo_t,
    _context: *mut libc::c_void,
) {
    #[expect(unsafe_code, reason = "the system hands over a pointer, and the address in a C union")]
    // SAFETY: the system gives a valid one. Of a SIGBUS that the system raised the address is the field
    // that is set; of one that somebody sent it is another field's bytes, and is not looked at.
    let (address, is_fault) = unsafe { ((*info).si_addr().addr(), (*info).si_code > 0) };
    match find(address).filter(|_| is_fault) {
        Some(node) => end(node),
        None => leave_to_system(),
    }
}

/// There is no such signal here.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn guard_maps() -> std::io::Result<()> {
    Ok(())
}

/// Says that a file was cut short, and ends the process as bad input does; a thread that faults while
/// another ends it waits.
#[cfg(unix)]
fn end(node: &Node) -> ! {
    const INPUT: libc::c_int = 3;
    while IS_ENDING.swap(true, Ordering::Relaxed) {
        #[expect(unsafe_code, reason = "only the bare system call may be made in a handler")]
        // SAFETY: waits for a signal, and has no other effect.
        unsafe {
            libc::pause();
        }
    }
    let (message, length) = message(node);
    write_if_room(message.get(..length).unwrap_or_default());
    #[expect(unsafe_code, reason = "only this way of ending is allowed in a handler")]
    // SAFETY: ends the process at once, whatever its other threads do.
    unsafe {
        libc::_exit(INPUT)
    }
}

/// What to say, and its length; in one piece, so that it is written whole or not at all.
#[cfg(unix)]
fn message(node: &Node) -> ([u8; MESSAGE_BYTES], usize) {
    const BEFORE: &[u8] = b"error: ";
    const AFTER: &[u8] =
        b": expected the file to stay as it was when the run began, found it cut short \
        (no result was written)\n";
    const { assert!(BEFORE.len() + NAME_BYTES + AFTER.len() <= MESSAGE_BYTES) };
    let name_bytes = node.name_bytes.load(Ordering::Relaxed).min(NAME_BYTES);
    let name = node.name.iter().take(name_bytes).map(|byte| byte.load(Ordering::Relaxed));
    let text = BEFORE.iter().copied().chain(name).chain(AFTER.iter().copied());
    let mut message = [0; MESSAGE_BYTES];
    let length = message.iter_mut().zip(text).map(|(to, from)| *to = from).count();
    (message, length)
}

/// Writes to standard error, unless that would wait for somebody to read there: a pipe that takes
/// anything takes this much.
#[cfg(unix)]
fn write_if_room(message: &[u8]) {
    let mut stderr = libc::pollfd { fd: libc::STDERR_FILENO, events: libc::POLLOUT, revents: 0 };
    #[expect(unsafe_code, reason = "only the bare system calls may be made in a handler")]
    // SAFETY: one descriptor is passed and one is looked at, without waiting; the bytes are initialized and
    // outlive the call; if nobody reads them, nothing is lost.
    unsafe {
        if libc::poll(&raw mut stderr, 1, 0) == 1 && stderr.revents & libc::POLLOUT != 0 {
            libc::write(libc::STDERR_FILENO, message.as_ptr().cast(), message.len());
        }
    }
}

/// Ends the process as if there were no handler, once this one returns.
#[cfg(unix)]
fn leave_to_system() {
    #[expect(unsafe_code, reason = "the default can only be restored through the C library")]
    // SAFETY: both calls are allowed in a handler; the signal waits until the handler has returned.
    unsafe {
        libc::signal(libc::SIGBUS, libc::SIG_DFL);
        libc::raise(libc::SIGBUS);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_exactly_as_long_as_its_map_and_nodes_are_used_again() {
        let bytes = [0_u8; 64];
        let at = |offset: usize| bytes.as_ptr().addr() + offset;
        let watched = Watched::new(bytes.as_ptr_range(), Path::new("a\u{1b}b"));
        let node = find(at(63)).unwrap();
        assert!(std::ptr::eq(node, watched.0));
        let name = node.name.iter().map(|byte| char::from(byte.load(Ordering::Relaxed)));
        let name: String = name.take(node.name_bytes.load(Ordering::Relaxed)).collect();
        assert_eq!(name, "a\\u{1b}b");
        drop(watched);
        assert!(find(at(0)).is_none());
    }
}
