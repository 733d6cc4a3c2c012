//! What the detection core means: against the naive evaluator on random corpora, and at the edges.

mod boundaries; // one condition each, at and one tick beside its edge
mod corpus; // events and rules by hand or by seed
mod driver; // the simplest driver: rounds, duplicates, routing
mod edges; // every rule kind at the same edges
mod equivalence; // engine = reference, and planted faults are noticed
mod facts; // triage, statistics, bounds
mod history; // what was learned before a corpus, and that learning from it is learning
mod recount; // triage again, by definition, on random corpora
mod scheduled; // rules on a schedule, by their definition
mod scheduled_edges; // their runs, at the edges of windows and ticks
mod scheduled_facts; // what their alerts say, and the bounds of their state
mod sequences; // one thing after another, at its edges and by its definition
mod sweeps;
mod traces; // what became of watched events, obstacle by obstacle
mod wider; // baselines of a wider group, at their edges // tables that sweep forget nothing that matters
