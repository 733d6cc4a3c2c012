//! The query language: Elastic's KQL over the fields of the normalized event.
//!
//! `field: value`, `field: (a or b and not c)`, `field: *` (the record has it), `http_status >= 400`,
//! `and`, `or`, `not`, parentheses, quoted phrases, `*` in unquoted values and in field names. `not`
//! binds tighter than `and`, `and` tighter than `or`; unquoted words side by side are one value, as in
//! Kibana; an empty query matches every event.
//!
//! Case: operators in any case; names of fields as written; values of canonical fields ignoring ASCII
//! case, for they hold normalized text. A test holds where any of several values passes it. Ranges
//! compare numbers, times and addresses as such and other text by its bytes.
//!
//! Stages: `lexer` -> `parser` -> `ast` -> `compile` (names by `target`, values by `leaf`) -> `node`,
//! which evaluates without allocating.
//!
//! Left out, each with an error that says so: a value without a field (Elastic would ask the default
//! fields of an index; `*: value` asks every canonical field), nested queries (`{}`: records hold no
//! nested documents), `now` (a result would depend on the clock), and `""` (Elastic's pipelines and
//! ours drop empty texts).

mod ast;
mod compile;
mod compiled;
mod dates;
mod error;
mod leaf;
mod lexer;
mod node;
mod parser;
mod pattern;
#[cfg(test)]
mod properties;
mod target;
#[cfg(test)]
mod tests;
mod values;
mod words;

pub use compiled::Query;
pub use error::QueryError;
