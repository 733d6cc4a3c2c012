//! sonic-rs: it has no tape; the nearest is a visit of every node that keeps nothing, which is faster than
//! its document.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::Failure;
use crate::blocks::Walk;

/// Nothing to reuse.
#[derive(Default)]
pub(crate) struct Walker;

impl Walk for Walker {
    fn walk(&mut self, line: &mut [u8], len: usize) -> Result<u64, Failure> {
        let Sum(sum) = sonic_rs::from_slice(&line[..len])?;
        Ok(sum)
    }
}

/// What a node and all below it add.
struct Sum(u64);

impl<'de> Deserialize<'de> for Sum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Nodes)
    }
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Sum;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<Sum, E> {
        Ok(Sum(text.len() as u64))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Sum, E> {
        Ok(Sum(1))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Sum, E> {
        Ok(Sum(1))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Sum, E> {
        Ok(Sum(1))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Sum, E> {
        Ok(Sum(1))
    }

    fn visit_unit<E>(self) -> Result<Sum, E> {
        Ok(Sum(1))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut nodes: A) -> Result<Sum, A::Error> {
        let mut sum = 0;
        while let Some(Sum(node)) = nodes.next_element()? {
            sum += node + 1;
        }
        Ok(Sum(sum))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut nodes: A) -> Result<Sum, A::Error> {
        let mut sum = 0;
        while let Some((Sum(key), Sum(node))) = nodes.next_entry()? {
            sum += key + node + 1;
        }
        Ok(Sum(sum))
    }
}
