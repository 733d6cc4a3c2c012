//! The query language: Elastic's KQL over the canonical fields of the normalized event.
//!
//! `field: value`, `field: (a or b)`, `field: *`, `http_status >= 400`, `and`, `or`, `not`,
//! parentheses, quoted strings, `*` in unquoted values. `not` binds tighter than `and`, `and` tighter
//! than `or`; an empty query matches every event. Fields hold normalized values and are compared
//! ignoring ASCII case. Stages: `lexer` -> `parser` -> `ast` -> `compile` -> `node`, which evaluates
//! without allocating.
//!
//! Left out: values without a field, wildcards in field names, several unquoted words as one value,
//! nested queries (`{}`), and ranges on anything but `http_status`. Each is an error that says so.

mod ast;
mod compile;
mod compiled;
mod error;
mod lexer;
mod node;
mod parser;
mod pattern;
#[cfg(test)]
mod tests;
mod words;

pub use compiled::Query;
pub use error::QueryError;
