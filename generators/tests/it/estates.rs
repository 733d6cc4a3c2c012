//! Estates that build on others, and what the project's own come to.

use std::collections::BTreeSet;

use vaultdrill_generators::{Estate, ScenarioError, generate};

use crate::common::{Corpus, estate_named, estate_text, plan};

/// What is wrong with an overlay of the default estate.
fn overlay(text: &str) -> ScenarioError {
    let load = |name: &str| match name {
        "midsize" => Ok(estate_text("midsize.toml").1),
        "nested" => Ok("extends = \"midsize\"".to_owned()),
        "broken" => Ok(estate_text("midsize.toml").1.replace("guests = 10", "gusts = 10")),
        _ => Err(format!("expected an estate by name, found {name:?} (did you mean \"midsize\"?)")),
    };
    Estate::parse_with("own.toml", text, load).unwrap_err()
}

#[test]
fn an_overlay_is_refused_where_it_is_wrong() {
    for (text, line, column, message) in [
        ("extends = \"midsiz\"", 1, 11, "did you mean \"midsize\"?"),
        ("extends = \"nested\"", 1, 11, "builds on another file itself"),
        ("extends = \"midsize\"\n[vaults]\ncuont = 3", 3, 1, "did you mean `count`?"),
        ("extends = \"midsize\"\n[vault]\ncount = 3", 2, 2, "did you mean `vaults`?"),
        ("extends = \"midsize\"\n[infrastructure]\nplans_per_day = -4", 3, 17, "-4.0 is out of"),
        ("extends = \"midsize\"\n[humans]\nreads = [4, 0]", 3, 9, "inverted"),
        ("extends = \"midsize\"\n[identities]\nusers = \"many\"", 3, 9, "invalid type"),
        ("extends = \"midsize\"\n[vaults]\nprivate_share = 0.9", 3, 17, "more than all vaults"),
        ("extends = \"midsize\"\nstart = \"2026-02-30\"", 2, 9, "expected YYYY-MM-DD"),
        ("extends = \"midsize\"\nschema_version = 2", 2, 18, "expected 1"),
        (
            "extends = \"midsize\"\n[poller]\narrivals = { periodic = 0, jittered = 0, random = 0, \
          clustered = 0, bursty = 0, extreme = 0 }",
            3,
            12,
            "above 0",
        ),
        ("extends = \"midsize\"\n[vaults", 2, 8, ""),
    ] {
        let error = overlay(text);
        assert_eq!(
            (error.file.as_str(), error.line, error.column),
            ("own.toml", line, column),
            "{error}"
        );
        assert!(error.message.contains(message), "{error}");
    }
}

#[test]
fn a_fault_of_the_base_points_into_the_base() {
    let error = overlay("extends = \"broken\"\nsubscriptions = 2");
    let text = estate_text("midsize.toml").1;
    let line = text.lines().position(|line| line.starts_with("guests = 10")).unwrap() + 1;
    assert_eq!((error.file.as_str(), error.line, error.column), ("broken", line, 1), "{error}");
    assert!(error.message.contains("did you mean `guests`?"), "{error}");
}

#[test]
fn a_file_that_extends_another_needs_it_at_hand() {
    let error = Estate::parse("own.toml", "\nextends = \"midsize\"").unwrap_err();
    assert_eq!((error.line, error.column), (2, 11), "{error}");
}

#[test]
fn an_overlay_that_says_nothing_new_is_its_base() {
    let same = Estate::parse_with("midsize.toml", "extends = \"midsize\"", |_| {
        Ok(estate_text("midsize.toml").1)
    });
    let short = |corpus: &mut vaultdrill_generators::Plan| {
        (corpus.events, corpus.days, corpus.warmup_days) = (Some(20_000), 2, 1);
    };
    let base = Corpus::of(short);
    let overlaid = Corpus::of(|plan| {
        short(plan);
        plan.estate = same.unwrap();
    });
    assert_eq!(base.manifest.corpus_id, overlaid.manifest.corpus_id);
}

/// Totals hold for estates of every size.
#[test]
fn every_estate_reaches_the_events_asked_for() {
    for (name, events, days) in [
        ("small.toml", 20_000, 21),
        ("small.toml", 60_000, 7),
        ("midsize.toml", 20_000, 21),
        ("ci-heavy.toml", 60_000, 7),
        ("enterprise.toml", 60_000, 2),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let mut plan = plan(directory.path());
        plan.estate = estate_named(name);
        (plan.events, plan.days) = (Some(events), days);
        let manifest = generate(&plan, &mut |_| {}).unwrap();
        let off = manifest.events as f64 / events as f64 - 1.0;
        assert!(off.abs() < 0.02, "{name}, {days} days: {} of {events}", manifest.events);
    }
}

#[test]
fn estates_are_as_large_as_they_say() {
    for (name, vaults, identities) in [("small.toml", 5, 20..60), ("midsize.toml", 60, 300..560)] {
        let corpus = Corpus::of(|plan| {
            plan.estate = estate_named(name);
            (plan.events, plan.days) = (Some(60_000), 7);
        });
        let mut seen = (BTreeSet::new(), BTreeSet::new());
        for record in corpus.records() {
            let vault = record["resourceId"].as_str().unwrap().to_lowercase();
            if !vault.contains("/vaults/kv-pr-") {
                let name = vault.split("/vaults/").nth(1).and_then(|rest| rest.split('/').next());
                seen.0.extend(name.map(str::to_owned));
            }
            let claim = &record["identity"]["claim"];
            seen.1.extend(claim["oid"].as_str().map(str::to_owned));
        }
        assert!(seen.0.len() <= vaults && seen.0.len() + 3 >= vaults, "{name}: {}", seen.0.len());
        assert!(identities.contains(&seen.1.len()), "{name}: {}", seen.1.len());
    }
}
