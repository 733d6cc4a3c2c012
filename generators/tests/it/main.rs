//! Behaviour of the generator, seen from outside: files and nothing else.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails a test by panicking")]

/// Attacks under other names, and with victims of their own.
mod apart;
/// What the campaigns of each attack leave behind, and what its dials change.
mod attacks;
/// The leakage self-test: what it reports, what a file may declare.
mod audit;
/// Where the scenario files are, and one small corpus that many tests look at.
mod common;
/// Same plan, same bytes; the clean twin; what is refused.
mod corpus;
/// The calibration report: every figure, compared with what the estate file publishes.
mod describe;
/// Estates that build on others, and what the project's own come to.
mod estates;
/// What estates and attacks come to at a fixed seed.
mod fingerprints;
/// Campaigns among records handed over.
mod injection;
/// Every layout carries the same records.
mod layouts;
/// Each look-alike shows the signature it stands for.
mod look_alikes;
/// What is lost is counted.
mod loss;
/// Facts of Azure's format, record by record.
mod records;
/// Errors in scenario files point at the place.
mod scenarios;
/// Bursts that a schedule makes, in truth.
mod scheduled;
/// What each look-alike is recognised by.
mod signatures;
/// Truth names every record of every campaign, and nothing gives attacks away.
mod truth;
/// Signatures of workloads: cadence, order of calls, callers.
mod workloads;
