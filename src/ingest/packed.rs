//! Compressed files, recognised by their first bytes, as streams of what they hold.
//!
//! Contract: a stream that ends early, fails its checksum or is followed by anything but further members
//! (gzip) or frames (Zstandard) is an error, never a shorter result. Memory is bounded by the window that
//! the caller allows, whatever a frame asks for.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// As much past as a Zstandard frame may refer to: what `zstd --long` asks for.
pub(super) const WINDOW_BYTES_MAX: u64 = 128 << 20;
/// Bytes that tell what a file is.
pub(super) const MAGIC_BYTES: usize = 4;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: u32 = 0xfd2f_b528;
/// Frames that hold nothing to decompress.
const ZSTD_SKIPPABLE: std::ops::RangeInclusive<u32> = 0x184d_2a50..=0x184d_2a5f;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    /// That of a file which begins with these bytes.
    pub(super) fn of(start: &[u8]) -> Self {
        let magic = start.first_chunk().map(|magic| u32::from_le_bytes(*magic));
        match magic {
            _ if start.starts_with(&GZIP) => Self::Gzip,
            Some(magic) if magic == ZSTD || ZSTD_SKIPPABLE.contains(&magic) => Self::Zstd,
            _ => Self::None,
        }
    }

    /// What it is called in an error.
    pub(super) fn form(self) -> &'static str {
        match self {
            Self::None => "a stream",
            Self::Gzip => "a gzip file",
            Self::Zstd => "a Zstandard file",
        }
    }

    /// What `packed` holds; no frame may refer to more than `window_bytes_max` of its past.
    pub(super) fn reader<'a>(
        self,
        packed: impl BufRead + 'a,
        window_bytes_max: u64,
    ) -> Box<dyn Read + 'a> {
        match self {
            Self::None => Box::new(packed),
            Self::Gzip => Box::new(MultiGzDecoder::new(packed)),
            Self::Zstd => Box::new(ZstdFrames::new(packed, window_bytes_max)),
        }
    }
}

/// Frame after frame of a Zstandard stream.
struct ZstdFrames<R> {
    packed: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> ZstdFrames<R> {
    fn new(packed: R, window_bytes_max: u64) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(window_bytes_max);
        Self { packed, decoder, in_frame: false }
    }

    /// Begins the next frame, past any that hold nothing; `false` at the end of the stream.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            if self.packed.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.reset(&mut self.packed) {
                Ok(()) => {
                    self.in_frame = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => self.skip(length.into())?,
                Err(FrameDecoderError::WindowSizeTooBig { requested, max }) => {
                    let error = format!(
                        "expected a frame whose window is at most {max} bytes, found {requested} \
                         (`zstd --long` makes such; the bound is 128 MiB, or a quarter of --max-memory)"
                    );
                    return Err(io::Error::new(io::ErrorKind::InvalidData, error));
                }
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            }
        }
    }

    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.packed.by_ref().take(bytes), &mut io::sink())?;
        if skipped == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Ends a frame whose bytes have all been given out.
    fn end_frame(&mut self) -> io::Result<()> {
        self.in_frame = false;
        let (stated, found) =
            (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
        match stated.zip(found) {
            Some((stated, found)) if stated != found => {
                let error = format!("expected checksum {stated:08x}, found {found:08x}");
                Err(io::Error::new(io::ErrorKind::InvalidData, error))
            }
            _ => Ok(()),
        }
    }
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while self.in_frame || self.next_frame()? {
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                let decoded = self.decoder.decode_blocks(&mut self.packed, one);
                decoded.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            }
            let read = self.decoder.read(bytes)?;
            if read > 0 || bytes.is_empty() {
                return Ok(read);
            }
            self.end_frame()?;
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    use std::io::Write;

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zst(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    fn unpacked(packed: &[u8]) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        Packing::of(packed).reader(packed, WINDOW_BYTES_MAX).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn sample() -> Vec<u8> {
        (0..40_000_u32).flat_map(|n| format!("{{\"n\":{}}}\n", n * 7919).into_bytes()).collect()
    }

    #[test]
    fn members_and_frames_concatenate_and_what_is_plain_stays_so() {
        let bytes = sample();
        let twice = [bytes.as_slice(), b"tail\n"].concat();
        assert_eq!(unpacked(&bytes).unwrap(), bytes);
        assert_eq!(unpacked(&[gz(&bytes), gz(b"tail\n")].concat()).unwrap(), twice);
        let skippable = [&0x184d_2a53_u32.to_le_bytes()[..], &3_u32.to_le_bytes(), b"abc"].concat();
        let frames = [skippable.clone(), zst(&bytes), skippable.clone(), zst(b"tail\n"), skippable];
        assert_eq!(unpacked(&frames.concat()).unwrap(), twice);
        assert_eq!(unpacked(b"").unwrap(), b"");
        assert_eq!(unpacked(&gz(b"")).unwrap(), b"");
    }

    /// However it is cut short or continued, it is never taken for whole.
    #[test]
    fn a_damaged_stream_is_an_error_at_every_cut() {
        for packed in [gz(&sample()), zst(&sample())] {
            for cut in
                (1..60).map(|part| packed.len() * part / 60).filter(|cut| *cut >= MAGIC_BYTES)
            {
                assert!(unpacked(&packed[..cut]).is_err(), "cut at {cut} of {}", packed.len());
            }
            let mut followed = packed.clone();
            followed.extend(b"{\"not\":\"compressed\"}\n");
            assert!(unpacked(&followed).is_err());
        }
        let mut flipped = gz(&sample());
        let checksum = flipped.len() - 6;
        flipped[checksum] ^= 1;
        assert!(unpacked(&flipped).is_err());
    }

    #[test]
    fn a_frame_that_asks_for_more_memory_than_is_fair_is_refused() {
        // No single segment, a window of 2 to the 41st bytes.
        let frame = [&ZSTD.to_le_bytes()[..], &[0x00, 0xf8, 0x01, 0x00, 0x00]].concat();
        let error = unpacked(&frame).unwrap_err().to_string();
        assert!(error.contains("window") && error.contains("--max-memory"), "{error}");
        // A window of 16 KiB: allowed, until the caller allows less.
        let frame = [&ZSTD.to_le_bytes()[..], &[0x00, 0x20, 0x01, 0x00, 0x00]].concat();
        assert_eq!(unpacked(&frame).unwrap(), b"");
        let mut none = Packing::Zstd.reader(frame.as_slice(), (16 << 10) - 1);
        let error = none.read_to_end(&mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("at most 16383 bytes, found 16384"), "{error}");
    }
}
