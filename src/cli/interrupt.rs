//! Interrupts: Ctrl-C (SIGINT) and SIGTERM.
//!
//! Work that can end in good order holds a [`Heeded`]; the first signal then sets a flag that the work
//! looks at, and the second ends the program. At any other time the first one does. Either way the exit
//! code is the one that a shell gives for the signal, and no file is left half-written under its name.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::exit::{self, Failure};

/// What signals have been caught, for the whole process.
struct Interrupt {
    /// A signal has come.
    stop: Arc<AtomicBool>,
    /// The next one ends the program.
    at_once: Arc<AtomicBool>,
    /// Which one came last.
    signal: Arc<AtomicUsize>,
    /// How many [`Heeded`] there are.
    heeding: AtomicUsize,
}

static INTERRUPT: OnceLock<Interrupt> = OnceLock::new();

/// Has signals end the program with its own exit codes. To be called once, before anything else.
///
/// # Errors
/// Those of the system.
pub fn catch_interrupts() -> io::Result<()> {
    let (stop, at_once) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(true)));
    let signal = Arc::new(AtomicUsize::new(0));
    for (which, code) in [(SIGINT, exit::INTERRUPTED), (SIGTERM, exit::TERMINATED)] {
        // In this order: the signal that sets the flag must not find it set.
        flag::register_conditional_shutdown(which, i32::from(code), Arc::clone(&at_once))?;
        flag::register(which, Arc::clone(&at_once))?;
        flag::register_usize(which, Arc::clone(&signal), which as usize)?;
        flag::register(which, Arc::clone(&stop))?;
    }
    let caught = INTERRUPT.set(Interrupt { stop, at_once, signal, heeding: AtomicUsize::new(0) });
    caught.map_err(|_| io::Error::other("interrupts are caught already"))
}

/// As long as this lives, the first signal only sets a flag.
#[derive(Debug)]
pub(crate) struct Heeded {
    stop: Arc<AtomicBool>,
}

impl Heeded {
    pub(crate) fn new() -> Self {
        let stop = INTERRUPT.get().map(|interrupt| {
            interrupt.heeding.fetch_add(1, Ordering::Relaxed);
            // One that came while nobody looked is heeded now, and was the first.
            let has_come = interrupt.stop.load(Ordering::Relaxed);
            interrupt.at_once.store(has_come, Ordering::Relaxed);
            Arc::clone(&interrupt.stop)
        });
        Self { stop: stop.unwrap_or_default() }
    }

    /// Set once a signal has come.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.stop
    }

    /// Whether one has.
    pub(crate) fn is_set(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Drop for Heeded {
    fn drop(&mut self) {
        if let Some(interrupt) = INTERRUPT.get()
            && interrupt.heeding.fetch_sub(1, Ordering::Relaxed) == 1
        {
            interrupt.at_once.store(true, Ordering::Relaxed);
        }
    }
}

/// The failure of a command that a signal has ended, with that signal's exit code.
pub(crate) fn interrupted(error: impl Into<anyhow::Error>) -> Failure {
    let signal = INTERRUPT.get().map_or(0, |interrupt| interrupt.signal.load(Ordering::Relaxed));
    let code = if signal == SIGTERM as usize { exit::TERMINATED } else { exit::INTERRUPTED };
    Failure::new(code, error)
}
