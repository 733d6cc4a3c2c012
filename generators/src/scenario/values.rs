//! The values scenario files are made of, checked where they are read so that an error points at
//! the value itself.

use serde::Deserialize;

use crate::random::Stream;

/// A range `[low, high]` with 0 <= low <= high, drawn log-uniformly (uniformly where low is 0).
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "[f64; 2]")]
pub(crate) struct Range {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Range {
    pub(crate) fn draw(self, stream: &mut Stream) -> f64 {
        if self.low > 0.0 {
            self.low * libm::exp(stream.unit() * libm::log(self.high / self.low))
        } else {
            self.high * stream.unit()
        }
    }

    /// A whole number of the range.
    pub(crate) fn draw_count(self, stream: &mut Stream) -> usize {
        libm::round(self.draw(stream)) as usize
    }
}

impl TryFrom<[f64; 2]> for Range {
    type Error = String;

    fn try_from([low, high]: [f64; 2]) -> Result<Self, String> {
        if !low.is_finite() || !high.is_finite() || low < 0.0 {
            Err(format!(
                "range [{low}, {high}] is out of bounds, expected finite numbers from 0 up"
            ))
        } else if low > high {
            Err(format!("range [{low}, {high}] is inverted, expected [low, high]"))
        } else {
            Ok(Self { low, high })
        }
    }
}

/// A probability or share in [0, 1].
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Share(pub(crate) f64);

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(format!("share {value} is out of bounds, expected a number from 0 to 1"))
        }
    }
}

/// A rate or duration: finite and not negative; its unit is in its key.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Rate(pub(crate) f64);

impl TryFrom<f64> for Rate {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if value.is_finite() && value >= 0.0 {
            Ok(Self(value))
        } else {
            Err(format!("rate {value} is out of bounds, expected a finite number from 0 up"))
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

/// A log-normal law cut at `max`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogNormal {
    pub(crate) median: Rate,
    pub(crate) sigma: Rate,
    pub(crate) max: Rate,
}

impl LogNormal {
    pub(crate) fn draw(self, stream: &mut Stream) -> f64 {
        stream.log_normal(self.median.0, self.sigma.0).min(self.max.0)
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
