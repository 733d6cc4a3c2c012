//! The run: rounds over all inputs until nothing is left, then the end of every partition.
//!
//! A round is parsed, put in order, freed of duplicates and judged. While workers judge one round
//! they parse the next. Between those phases the coordinator does what needs the order and is cheap:
//! arrivals, watermarks, marking duplicates, appending to the policy log.

use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use super::block::{Block, CHUNKS, Classes, Cut, DEDUPE_SHARDS};
use super::jobs::{Chunk, Done, Job, Round, Shared};
use super::malformed::MalformedLines;
use super::order::{ArrivalsEnded, Lane, Sequencer};
use super::pool::{Pool, WorkerPanicked};
use super::source::LaneReader;
use super::{EngineError, Options};
use crate::detect::{Alert, Dedupe, Output};
use crate::event::Change;
use crate::ingest::{LineParser, MappedFile};
use crate::measure::{Latencies, Moment, Stopwatch};
use crate::rules::RuleSet;

/// Blocks parsed ahead per round, over all lanes; bounds what is in flight at two rounds of blocks.
const BLOCKS_PER_ROUND: usize = 16;
