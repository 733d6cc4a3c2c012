//! The values scenario files are made of, checked where they are read so that an error points at
//! the value itself.
//!
//! Every kind of value has an upper bound: beyond it a corpus would not end, not fit, or leave the
//! calendar. What a key's number means stands in its unit, and its unit chooses the bound.

use serde::Deserialize;

use crate::random::Stream;

/// Things met in one go: objects read, vaults visited, commands typed. Beyond any vault there is.
const MOST_THINGS: u32 = 10_000;
/// A week: who waits longer between two steps is gone before a corpus of weeks ends.
const MOST_SECONDS: u32 = 7 * 86_400;
/// The same week.
const MOST_MINUTES: u32 = 7 * 1_440;
/// Ten years, the longest corpus.
pub(super) const MOST_DAYS: u32 = 3_653;
/// Hours of the UTC day.
const MOST_HOURS: u32 = 24;
/// Twelve a second, all day long: single requests, as pollers make them.
pub(crate) const MOST_REQUESTS_PER_DAY: u32 = 1_000_000;
/// One a minute: sessions, runs and restarts, each of them many requests.
const MOST_SESSIONS_PER_DAY: u32 = 1_440;
/// The widest logarithmic spread: at 5 every third draw is off by a factor of more than 148.
const MOST_SIGMA: u32 = 5;
/// A month.
const MOST_SITTING_HOURS: u32 = 720;
/// Between the busiest and the quietest hour.
const MOST_RATIO: u32 = 1_000;

/// How many of something, `[fewest, most]`.
pub(crate) type CountRange = Range<MOST_THINGS>;
pub(crate) type SecondsRange = Range<MOST_SECONDS>;
pub(crate) type MinutesRange = Range<MOST_MINUTES>;
pub(crate) type DaysRange = Range<MOST_DAYS>;
pub(crate) type HoursRange = Range<MOST_HOURS>;

/// Sessions, runs or changes a day.
pub(crate) type SessionRate = Number<MOST_SESSIONS_PER_DAY>;
pub(crate) type Seconds = Number<MOST_SECONDS>;
pub(crate) type SittingHours = Number<MOST_SITTING_HOURS>;
pub(crate) type Sigma = Number<MOST_SIGMA>;
pub(crate) type Ratio = Number<MOST_RATIO>;
pub(crate) type Hour = Number<MOST_HOURS>;

/// How many of something, by a log-normal law.
pub(crate) type CountLaw = LogNormal<MOST_THINGS>;
/// Requests a day, by a log-normal law.
pub(crate) type RequestLaw = LogNormal<MOST_REQUESTS_PER_DAY>;
/// Sessions or restarts a day, by a log-normal law.
pub(crate) type SessionLaw = LogNormal<MOST_SESSIONS_PER_DAY>;

/// A range `[low, high]` with 0 <= low <= high <= MOST, drawn log-uniformly (uniformly where low is
/// 0).
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "[f64; 2]")]
pub(crate) struct Range<const MOST: u32> {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl<const MOST: u32> Range<MOST> {
    pub(crate) fn draw(self, stream: &mut Stream) -> f64 {
        if self.low > 0.0 {
            self.low * libm::exp(stream.unit() * libm::log(self.high / self.low))
        } else {
            self.high * stream.unit()
        }
    }
}

impl CountRange {
    /// A whole number of the range.
    pub(crate) fn draw_count(self, stream: &mut Stream) -> usize {
        libm::round(self.draw(stream)) as usize
    }
}

impl<const MOST: u32> TryFrom<[f64; 2]> for Range<MOST> {
    type Error = String;

    fn try_from([low, high]: [f64; 2]) -> Result<Self, String> {
        let allowed = 0.0..=f64::from(MOST);
        if !allowed.contains(&low) || !allowed.contains(&high) {
            Err(format!(
                "range [{low:?}, {high:?}] is out of bounds, expected numbers from 0 to {MOST}"
            ))
        } else if low > high {
            Err(format!("range [{low:?}, {high:?}] is inverted, expected [low, high]"))
        } else {
            Ok(Self { low, high })
        }
    }
}

/// A rate, duration or ratio from 0 to MOST; its unit is in its key.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Number<const MOST: u32>(pub(crate) f64);

impl<const MOST: u32> TryFrom<f64> for Number<MOST> {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if (0.0..=f64::from(MOST)).contains(&value) {
            Ok(Self(value))
        } else {
            Err(format!("{value:?} is out of bounds, expected a number from 0 to {MOST}"))
        }
    }
}

/// A log-normal law cut at `max`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogNormal<const MOST: u32> {
    pub(crate) median: Number<MOST>,
    pub(crate) sigma: Sigma,
    pub(crate) max: Number<MOST>,
}

impl<const MOST: u32> LogNormal<MOST> {
    pub(crate) fn draw(self, stream: &mut Stream) -> f64 {
        stream.log_normal(self.median.0, self.sigma.0).min(self.max.0)
    }
}

/// A probability or share in [0, 1].
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Share(pub(crate) f64);

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(format!("share {value:?} is out of bounds, expected a number from 0 to 1"))
        }
    }
}

/// A count of things in the estate.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
pub(crate) struct Count(pub(crate) usize);

impl Count {
    /// Event descriptors index vaults with 16 bits; nothing in an estate may be more numerous.
    pub(crate) const MAX: i64 = 50_000;
}

impl TryFrom<i64> for Count {
    type Error = String;

    fn try_from(value: i64) -> Result<Self, String> {
        if (0..=Self::MAX).contains(&value) {
            Ok(Self(value as usize))
        } else {
            Err(format!("count {value} is out of bounds, expected 0 to {}", Self::MAX))
        }
    }
}

/// An IPv4 block in CIDR form, from /8 to /24.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Block {
    base: u32,
    prefix: u32,
}

impl Block {
    pub(crate) fn contains(self, address: u32) -> bool {
        (address ^ self.base) >> (32 - self.prefix) == 0
    }

    /// One of the block's /24 networks, chosen by `index` (wrapping).
    pub(crate) fn network(self, index: u64) -> u32 {
        self.base + (((index % (1 << (24 - self.prefix))) as u32) << 8)
    }
}

impl TryFrom<String> for Block {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(address, prefix)| {
            let address: std::net::Ipv4Addr = address.parse().ok()?;
            Some((u32::from(address), prefix.parse::<u32>().ok()?))
        });
        match parsed {
            Some((base, prefix)) if (8..=24).contains(&prefix) && base << prefix == 0 => {
                Ok(Self { base, prefix })
            }
            _ => Err(format!("`{text}` is no address block, expected a.b.c.d/8 to /24")),
        }
    }
}
