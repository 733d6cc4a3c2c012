//! Behaviour of the generator, seen from outside: files and nothing else.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails a test by panicking")]

/// What the campaigns of each attack leave behind, and what its dials change.
mod attacks;
/// The leakage self-test: what it reports, what a file may declare.
mod audit;
/// Where the scenario files are, and one small corpus that many tests look at.
mod common;
/// Same plan, same bytes; the clean twin; what is refused.
mod corpus;
/// Facts of Azure's format, record by record.
mod records;
/// Errors in scenario files point at the place.
mod scenarios;
/// Truth names every record of every campaign, and nothing gives attacks away.
mod truth;
