//! The query language: Elastic's KQL over the canonical fields of the normalized event, the fields of
//! Elastic's documents, and the paths of the record.
//!
//! `field: value`, `field: (a or b and not c)`, `field: *` (the record has it), `http_status >= 400`,
//! `and`, `or`, `not`, parentheses, quoted phrases, `*` in unquoted values and in field names. `not`
//! binds tighter than `and`, `and` tighter than `or`; unquoted words side by side are one value, as in
//! Kibana; an empty query matches every event. A value alone is looked for in every canonical field, as
//! `*: value` is (Elastic asks the default fields of an index); where it begins with the name of a field
//! and has no quotes it is an error, for then a colon was forgotten.
//!
//! Names: a name without a dot is a canonical field, or one at the top level of Azure's records; an ECS
//! or `azure.*` name is what Elastic's pipelines would have stored under it, and an error if that is
//! nothing; any other name with a dot is a path of the record. A name with a wildcard and no dot stands
//! for canonical fields, one with a dot for all the others.
//!
//! Case: operators in any case; names of fields as written; values of canonical fields ignoring ASCII
//! case, for they hold normalized text; values of all other fields as written, like Elastic's keywords.
//! A test holds where any of several values passes it. Ranges compare numbers, times and addresses as
//! such and other text by its bytes; a path of the record has no type, so that two numbers compare as
//! numbers and anything else as text.
//!
//! Stages: `lexer` -> `parser` -> `ast` -> `compile` (names by `target`, values by `leaf`) -> `node`,
//! which evaluates without allocating.
//!
//! Left out, each with an error that says so: nested queries (`{}`: records hold no nested documents),
//! `now` (a result would depend on the clock), and `""` (Elastic's pipelines and ours drop empty
//! texts). `kql` goes through Elastic's grammar feature by feature.

mod ast;
mod caller;
mod compile;
mod compiled;
mod dates;
mod error;
mod explain;
#[cfg(test)]
mod explain_properties;
#[cfg(test)]
mod kql;
mod leaf;
mod lexer;
mod node;
mod parser;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod record_properties;
#[cfg(test)]
mod robustness;
mod target;
#[cfg(test)]
mod tests;
mod values;
mod words;

pub(super) use caller::Caller;
pub use compiled::Query;
pub use error::QueryError;
pub use explain::{Clause, Explanation};
pub(super) use target::group_field;
