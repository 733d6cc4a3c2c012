//! Behaviour of the generator, seen from outside: files and nothing else.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails a test by panicking")]

/// Where the scenario files are, and one small corpus that many tests look at.
mod common;
/// Same plan, same bytes; the clean twin; what is refused.
mod corpus;
/// Estates that build on others, and what the project's own come to.
mod estates;
/// Facts of Azure's format, record by record.
mod records;
/// Errors in scenario files point at the place.
mod scenarios;
/// Bursts that a schedule makes, in truth.
mod scheduled;
/// Truth names every record of every campaign, and nothing gives attacks away.
mod truth;
/// Signatures of workloads: cadence, order of calls, callers.
mod workloads;
