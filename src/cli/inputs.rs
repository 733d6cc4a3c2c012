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
    #[arg(long, value_name = "SIZE", default_value_t = MAX_UNPACKED_BYTES, value_parser = bytes, hide_default_value = true)]
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
        Unpack { max_bytes: self.max_unpacked, folder: out, ..Unpack::default() }
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

/// A number of bytes, with a unit behind it or not: `K`, `M`, `G` or `T`, also as `KB` or `KiB`, in any
/// case, are powers of 1024.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text[digits.len()..].to_ascii_lowercase();
    let power = match unit.as_str() {
        "" | "b" => Some(0),
        "k" | "kb" | "kib" => Some(1),
        "m" | "mb" | "mib" => Some(2),
        "g" | "gb" | "gib" => Some(3),
        "t" | "tb" | "tib" => Some(4),
        _ => None,
    };
    let count = digits.trim_end().parse::<u64>().ok();
    let bytes = count.zip(power).and_then(|(count, power)| count.checked_mul(1024_u64.pow(power)));
    bytes.ok_or_else(|| {
        "expected a number of bytes, or of K, M, G or T (powers of 1024, also as KB or KiB), such as \
         500M or 64GiB"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units_of_1024_however_they_are_spelt() {
        for (text, expected) in [
            ("0", 0),
            ("12", 12),
            ("12B", 12),
            ("2K", 2 << 10),
            ("2kB", 2 << 10),
            ("512 MiB", 512 << 20),
            ("3m", 3 << 20),
            ("3MB", 3 << 20),
            ("64G", 64 << 30),
            ("64gib", 64 << 30),
            ("1T", 1 << 40),
        ] {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for text in ["", "G", "-1", "1.5G", "1GBB", "1iB", "99999999T", "\u{e9}", "1 \u{212a}"] {
            assert!(bytes(text).unwrap_err().contains("powers of 1024"), "{text}");
        }
    }
}
