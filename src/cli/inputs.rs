//! What commands that read logs have in common: resolving arguments, and how to unpack.

use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::{self, Failure, OrExit};
use super::terminal::Terminal;
use crate::ingest::{MAX_UNPACKED_BYTES, Resolved, Unpack, resolve};
use crate::wrapped::folded;

/// How inputs are unpacked that cannot be read in place.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct UnpackArgs {
    /// Most bytes that compressed and piped inputs may come to, such as 500M, by default 64G.
    #[arg(long, value_name = "BYTES", default_value_t = MAX_UNPACKED_BYTES, value_parser = bytes, hide_default_value = true)]
    max_unpacked: u64,
}

impl Default for UnpackArgs {
    fn default() -> Self {
        Self { max_unpacked: MAX_UNPACKED_BYTES }
    }
}

impl UnpackArgs {
    /// The same as the engine takes it; temporary files go where results go, if they go anywhere.
    pub(crate) fn unpack(self, out: Option<&Path>) -> Unpack<'_> {
        Unpack { max_bytes: self.max_unpacked, folder: out, stop: None }
    }
}

/// Resolves paths to inputs, and says what folders held that is not read.
pub(crate) fn resolved(paths: &[PathBuf], terminal: &Terminal) -> Result<Resolved, Failure> {
    let resolved = resolve(paths).or_exit(exit::INPUT)?;
    if let Some(summary) = resolved.not_read.summary() {
        terminal.note(folded(&summary).trim_end());
    }
    Ok(resolved)
}

/// A number of bytes, with `K`, `M`, `G` or `T` (powers of 1024) behind it or not.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let unit = |factor| text.get(..text.len() - 1).map(|digits| (digits, factor));
    let parts = match text.bytes().last() {
        Some(b'K' | b'k') => unit(1 << 10),
        Some(b'M' | b'm') => unit(1 << 20),
        Some(b'G' | b'g') => unit(1 << 30),
        Some(b'T' | b't') => unit(1 << 40),
        _ => Some((text, 1_u64)),
    };
    let number = parts.and_then(|(digits, factor)| digits.parse::<u64>().ok()?.checked_mul(factor));
    number.ok_or_else(|| "expected a number of bytes such as 1000000, 500M, 64G".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units_of_1024() {
        assert_eq!(
            ["0", "12", "2K", "3m", "64G", "1T"].map(bytes),
            [0, 12, 2 << 10, 3 << 20, 64 << 30, 1 << 40].map(Ok)
        );
        for text in ["", "G", "-1", "1.5G", "1GB", "99999999T", "\u{e9}"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
