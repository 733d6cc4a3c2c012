//! Turns the signal of a map whose file was cut short into a message and an exit code.
//!
//! The system sends SIGBUS to whoever reads a page that its file no longer has. No program can go on
//! from there: the bytes are gone. The guard, which the program installs once, says which file it was
//! and ends the process with the code for bad input; a SIGBUS from anywhere else ends it as ever.
//!
//! Contract: the handler does what a handler may (reads atomics, `write`, `_exit`). Maps are in a list
//! that only grows, whose nodes are used again and never freed, so that it can be read at any instant.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::escaped::escaped;

/// How much of a file's name is kept: its end, which tells most.
const NAME_BYTES: usize = 120;

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
    let handler = |info: &libc::siginfo_t| {
        #[expect(unsafe_code, reason = "the address is a field of a C union")]
        // SAFETY: of a SIGBUS that the system raised it is the field that is set; of one that somebody
        // sent it is another field's bytes, and is not looked at.
        let address = unsafe { info.si_addr() }.addr();
        let is_fault = info.si_code > 0;
        match find(address).filter(|_| is_fault) {
            Some(node) => end(node),
            None => leave_to_system(),
        }
    };
    #[expect(unsafe_code, reason = "what a handler may do cannot be checked by the compiler")]
    // SAFETY: the handler reads atomics of leaked memory and calls `write`, `_exit` and `signal`, all of
    // which a handler may; it neither allocates nor locks nor panics.
    unsafe { signal_hook_registry::register_sigaction(libc::SIGBUS, handler) }.map(drop)
}

/// There is no such signal here.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn guard_maps() -> std::io::Result<()> {
    Ok(())
}

/// Says that a file was cut short, and ends the process as bad input does.
#[cfg(unix)]
fn end(node: &Node) -> ! {
    const BEFORE: &[u8] = b"error: ";
    const AFTER: &[u8] =
        b": expected the file to stay as it was when the run began, found it cut short \
        (no result was written)\n";
    const INPUT: libc::c_int = 3;
    let mut name = [0; NAME_BYTES];
    let name_bytes = node.name_bytes.load(Ordering::Relaxed).min(NAME_BYTES);
    for (to, from) in name.iter_mut().zip(&node.name) {
        *to = from.load(Ordering::Relaxed);
    }
    for text in [BEFORE, name.get(..name_bytes).unwrap_or_default(), AFTER] {
        #[expect(unsafe_code, reason = "only the bare system call may be made in a handler")]
        // SAFETY: the bytes are initialized and outlive the call; if nobody reads them, nothing is lost.
        unsafe {
            libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len());
        }
    }
    #[expect(unsafe_code, reason = "only this way of ending is allowed in a handler")]
    // SAFETY: ends the process at once, whatever its other threads do.
    unsafe {
        libc::_exit(INPUT)
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
