//! The key of `scrub`: from a file, which is made if it is not there, or from the environment.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use super::exit::{self, Failure};
use super::terminal::Terminal;

/// Where a key may come from instead of a file.
pub(super) const VARIABLE: &str = "VAULTDRILL_SCRUB_KEY";

/// Where random bytes come from.
const RANDOM: &str = "/dev/urandom";
const NEW_KEY_BYTES: usize = 32;
/// Longest key that is read.
const MAX_KEY_BYTES: u64 = 4096;

/// The key in `file`, made anew if it is not there, or else that of the environment.
pub(super) fn load(file: Option<&Path>, terminal: &Terminal) -> Result<Vec<u8>, Failure> {
    let usage = |path: &Path, error: &io::Error| Failure::at(exit::USAGE, path, error);
    match (file, std::env::var_os(VARIABLE)) {
        (Some(path), _) if path.exists() => read(path).map_err(|error| usage(path, &error)),
        (Some(path), _) => {
            let key = make(path).map_err(|error| usage(path, &error))?;
            let kept =
                "the same key gives the same pseudonyms, and leads back to what they stand for";
            terminal.note(&format!(
                "made a new key in {}\nkeep it to yourself: {kept}",
                path.display()
            ));
            Ok(key)
        }
        (None, Some(key)) => Ok(key.into_encoded_bytes()),
        (None, None) => {
            let fault =
                format!("expected a key: --key-file FILE (made if it is not there), or {VARIABLE}");
            Err(Failure::new(exit::USAGE, anyhow::anyhow!(fault)))
        }
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut key = Vec::new();
    File::open(path)?.take(MAX_KEY_BYTES).read_to_end(&mut key)?;
    Ok(key.trim_ascii_end().to_owned())
}

/// Writes a random key that only its owner may read.
fn make(path: &Path) -> io::Result<Vec<u8>> {
    let mut random = [0; NEW_KEY_BYTES];
    File::open(RANDOM).and_then(|mut source| source.read_exact(&mut random)).map_err(|error| {
        io::Error::new(error.kind(), format!("no random key could be made ({RANDOM}: {error})"))
    })?;
    let key: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| writeln!(file, "{key}"));
    if let Err(error) = written {
        // Half a key must not be taken for one.
        if error.kind() != io::ErrorKind::AlreadyExists {
            let _ = fs::remove_file(path);
        }
        return Err(error);
    }
    Ok(key.into_bytes())
}
