//! From files to normalized events: memory maps, line blocks, simd-json, one file per source shape.
//!
//! Contract: every line of a file ends up as exactly one of event, foreign record, malformed record
//! or blank line; nothing an input holds can stop a run. Once buffers have grown to the size of the
//! traffic, a line costs no allocation (`tests/ingest_allocations.rs`). Which fields are kept beyond the
//! canonical ones is the rules' choice. Deliberately left to the engine: arrival order, watermarks, duplicates, threads and the cap on kept malformed samples.

mod activity;
mod address;
mod arrivals;
mod audit;
mod block;
mod blocks;
mod bus_guard;
mod claims;
mod csv_rows;
mod dates;
mod error;
mod extract;
mod folder;
mod form;
mod grants;
mod ids;
mod inputs;
mod line;
mod location;
mod mmap;
mod open;
mod operations;
mod outcome;
mod packed;
mod reading;
mod resources;
mod roles;
mod settings;
mod shape;
mod sight;
mod skeleton;
mod splitter;
mod spool;
mod stamp;
mod table_rows;
mod tape;
mod value;

pub use arrivals::Arrivals;
pub(crate) use block::is_record;
pub(crate) use block::parse_records;
pub use block::{Malformed, ParsedBlock, parse_block, parse_more};
pub use blocks::Blocks;
pub(crate) use blocks::boundary;
pub use bus_guard::guard_maps;
pub(crate) use claims::FIRST_PARTY_APPS;
pub use error::IngestError;
pub use folder::NotRead;
pub use inputs::{Input, Resolved, check_history, resolve, resolve_inputs};
pub use line::{LineParser, MAX_DEPTH, MAX_LINE_BYTES, Reason, Record};
pub use mmap::MappedFile;
pub use open::{MAX_UNPACKED_BYTES, Unpack, open};
pub(crate) use operations::is_operation;
pub(crate) use roles::ROLES;
pub use settings::{Allowed, Setting, Settings};
pub use splitter::{Found, Records};
pub(crate) use splitter::{State, is_boundary, record_at};
pub use stamp::Change;
