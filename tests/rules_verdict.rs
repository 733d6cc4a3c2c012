//! Which rules see an event: the queries of the pack, and exceptions that hide exactly what they
//! should.

#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test, as it should")]

use proptest::prelude::*;
use vaultdrill::event::{
    Access, Batch, Change, CredentialType, Event, Extra, GrantScope, IdentityKind, Outcome, Plane,
    TextField, TickSpan, Ticks,
};
use vaultdrill::rules::{
    EMBEDDED, Evaluator, PACK, Rule, RuleMask, RuleSet, Verdict, load, parse_rule,
};

const WRITE: (TextField, &str) = (TextField::Operation, "MICROSOFT.KEYVAULT/VAULTS/WRITE");

fn event(time: &str, texts: &[(TextField, &str)], fill: impl FnOnce(&mut Event)) -> Batch {
    let mut batch = Batch::default();
    let mut event = Event::default();
    event.time = Ticks::parse(time.as_bytes()).unwrap();
    fill(&mut event);
    for (field, value) in texts {
        batch.set_text(&mut event, *field, value);
    }
    batch.events.push(event);
    batch
}

fn vault_write(time: &str, kind: IdentityKind, caller: (TextField, &str)) -> Batch {
    event(time, &[WRITE, caller], |event| {
        event.plane = Plane::Control;
        event.access = Access::Change;
        event.identity_kind = kind;
    })
}

/// `vault-modified` with `exceptions` in place of its own.
fn vault_modified_with(exceptions: &str) -> RuleSet {
    let (_, text) = EMBEDDED.iter().find(|(id, _)| *id == "vault-modified").unwrap();
    let mut table: toml::Table = text.parse().unwrap();
    let replaced: toml::Table = exceptions.parse().unwrap();
    table["exceptions"] = replaced["exceptions"].clone();
    let rule = parse_rule("tested.toml", &table.to_string()).unwrap();
    RuleSet::new(vec![rule]).unwrap()
}

/// Whether the set's only rule sees the event; the other answer is that an exception hides it.
fn sees(set: &RuleSet, batch: &Batch) -> bool {
    let Verdict { matched, excepted } = set.evaluate(&batch.view(0));
    assert_ne!(matched.contains(0), excepted.contains(0), "the query matches every time here");
    matched.contains(0)
}

/// Whether the set's only rule sees a vault write by somebody at each of `times`.
fn seen_at<const N: usize>(set: &RuleSet, times: [&str; N]) -> [bool; N] {
    let stranger = (TextField::User, "stranger@contoso.example");
    times.map(|time| sees(set, &vault_write(time, IdentityKind::User, stranger)))
}

#[test]
fn named_callers_are_hidden_and_nobody_else() {
    let set = load(&["vault-modified"]).unwrap();
    let monday = "2026-03-02T12:00:00Z";
    let (user, app) = (TextField::User, TextField::App);
    for (kind, caller, seen) in [
        (IdentityKind::User, (user, "admin-1@contoso.example"), false),
        (IdentityKind::User, (user, "admin-2@contoso.example"), false),
        (IdentityKind::User, (user, "admin-9@contoso.example"), true),
        (IdentityKind::ServicePrincipal, (user, "admin-1@contoso.example"), true),
        (IdentityKind::ServicePrincipal, (app, "5d1f0a52-6c1e-4c3e-9a54-0b8f6e2d7c01"), false),
        (IdentityKind::ManagedIdentity, (app, "5d1f0a52-6c1e-4c3e-9a54-0b8f6e2d7c01"), true),
        (IdentityKind::ServicePrincipal, (app, "8e27b3c4-1d90-4f6b-8c75-3a9e51f04d01"), false),
        (IdentityKind::ManagedIdentity, (app, "8e27b3c4-1d90-4f6b-8c75-3a9e51f04d01"), true),
        (IdentityKind::User, (app, "5d1f0a52-6c1e-4c3e-9a54-0b8f6e2d7c01"), true),
    ] {
        assert_eq!(sees(&set, &vault_write(monday, kind, caller)), seen, "{kind:?} {caller:?}");
    }
}

#[test]
fn a_frame_holds_from_its_first_minute_to_before_its_last() {
    let seen = seen_at(
        &load(&["vault-modified"]).unwrap(),
        [
            "2026-03-01T01:59:59.9999999Z",
            "2026-03-01T02:00:00Z",
            "2026-03-01T03:59:59.9999999Z",
            "2026-03-01T04:00:00Z",
            "2026-02-28T03:00:00Z",
            "2026-03-02T03:00:00Z",
            "1969-12-28T03:00:00Z",
        ],
    );
    assert_eq!(seen, [true, false, false, true, true, true, false]);
}

#[test]
fn a_frame_that_passes_midnight_belongs_to_the_day_it_opens_on() {
    let set = vault_modified_with(
        "[[exceptions]]
        reason = 'night'
        frames = [{ weekdays = ['sunday'], from = '22:00', to = '02:00', zone = 'UTC' }]",
    );
    let times = [
        "2026-03-01T00:30:00Z",
        "2026-03-01T21:59:59Z",
        "2026-03-01T22:00:00Z",
        "2026-03-02T01:59:59Z",
        "2026-03-02T02:00:00Z",
        "2026-03-02T22:00:00Z",
    ];
    assert_eq!(seen_at(&set, times), [true, true, false, false, true, true]);
}

#[test]
fn a_frame_follows_the_clocks_of_its_zone_over_both_changes() {
    let set = vault_modified_with(
        "[[exceptions]]
        reason = 'night'
        frames = [{ weekdays = ['sunday'], from = '02:00', to = '04:00', zone = 'Europe/Berlin' }]",
    );
    // 2026-03-29: 02:00 becomes 03:00 at 01:00 UTC, so the frame is an hour long.
    let forward = ["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"];
    assert_eq!(seen_at(&set, forward), [true, false, true]);
    // 2026-10-25: 03:00 becomes 02:00 at 01:00 UTC, so it is three hours long.
    let back = [
        "2026-10-24T23:59:59Z",
        "2026-10-25T00:00:00Z",
        "2026-10-25T01:30:00Z",
        "2026-10-25T02:59:59Z",
        "2026-10-25T03:00:00Z",
    ];
    assert_eq!(seen_at(&set, back), [true, false, false, false, true]);
}

#[test]
fn an_exception_ends_at_the_instant_of_its_expiry() {
    let set = vault_modified_with(
        "[[exceptions]]
        query = 'user: stranger*'
        expires = 2026-03-02T12:00:00+01:00
        reason = 'migration'",
    );
    let times = ["2026-03-02T10:59:59.9999999Z", "2026-03-02T11:00:00Z", "2026-03-03T00:00:00Z"];
    assert_eq!(seen_at(&set, times), [false, true, true]);
}

/// A rule with one exception that holds whenever the frame does.
fn framed(weekdays: &str, from: &str, to: &str, zone: &str) -> RuleSet {
    vault_modified_with(&format!(
        "[[exceptions]]
        reason = 'work'
        frames = [{{ weekdays = [{weekdays}], from = '{from}', to = '{to}', zone = '{zone}' }}]"
    ))
}

#[test]
fn a_frame_over_midnight_is_an_hour_longer_or_shorter_when_clocks_change_within() {
    let set = framed("'saturday'", "23:00", "03:30", "Europe/Berlin");
    // Forward at 01:00 UTC on Sunday 29 March: 23:00 to 03:30 is 22:00 to 01:30 UTC.
    let forward = [
        "2026-03-28T21:59:59.9999999Z",
        "2026-03-28T22:00:00Z",
        "2026-03-29T00:59:59.9999999Z",
        "2026-03-29T01:00:00Z",
        "2026-03-29T01:29:59.9999999Z",
        "2026-03-29T01:30:00Z",
    ];
    assert_eq!(seen_at(&set, forward), [true, false, false, false, false, true]);
    // Back at 01:00 UTC on Sunday 25 October: 21:00 to 02:30 UTC, both passes of 02:30 within.
    let back = [
        "2026-10-24T20:59:59.9999999Z",
        "2026-10-24T21:00:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:30:00Z",
        "2026-10-25T02:29:59.9999999Z",
        "2026-10-25T02:30:00Z",
    ];
    assert_eq!(seen_at(&set, back), [true, false, false, false, false, true]);
}

#[test]
fn where_a_frame_opens_in_a_skipped_or_repeated_hour_it_opens_with_what_there_is_of_it() {
    // In Cairo midnight itself is skipped on Friday 26 April 2024: 22:00 UTC is 01:00.
    let set = framed("'friday'", "00:30", "02:00", "Africa/Cairo");
    let times = ["2024-04-25T21:59:59.9999999Z", "2024-04-25T22:00:00Z", "2024-04-25T23:00:00Z"];
    assert_eq!(seen_at(&set, times), [true, false, true]);
    // On Lord Howe Island clocks go back by half an hour: 15:00 UTC is 01:30 again.
    let set = framed("'sunday'", "01:30", "02:00", "Australia/Lord_Howe");
    let times = [
        "2026-04-04T14:29:59.9999999Z",
        "2026-04-04T14:30:00Z",
        "2026-04-04T15:00:00Z",
        "2026-04-04T15:29:59.9999999Z",
        "2026-04-04T15:30:00Z",
    ];
    assert_eq!(seen_at(&set, times), [true, false, false, false, true]);
    // Samoa had no 30 December 2011, a Friday: Thursday ends at 10:00 UTC, and Saturday begins.
    let set = framed("'friday'", "00:00", "00:00", "Pacific/Apia");
    let times = ["2011-12-30T09:59:59.9999999Z", "2011-12-30T10:00:00Z", "2012-01-05T10:00:00Z"];
    assert_eq!(seen_at(&set, times), [true, true, false]);
}

#[test]
fn a_frame_whose_ends_are_equal_lasts_a_day() {
    let set = framed("'thursday'", "06:00", "06:00", "UTC");
    // 29 February 2024 is a Thursday; in 2023 there is none, and 1 March is a Wednesday.
    let times = [
        "2024-02-29T05:59:59.9999999Z",
        "2024-02-29T06:00:00Z",
        "2024-03-01T05:59:59.9999999Z",
        "2024-03-01T06:00:00Z",
        "2023-03-01T06:00:00Z",
    ];
    assert_eq!(seen_at(&set, times), [true, false, false, true, true]);
}

#[test]
fn frames_hold_on_a_leap_day_over_a_leap_second_and_at_the_ends_of_the_calendar() {
    let leap_day = framed("'thursday'", "00:00", "23:59", "UTC");
    let times = [
        "2024-02-28T23:59:59.9999999Z",
        "2024-02-29T00:00:00Z",
        "2024-02-29T23:58:59.9999999Z",
        "2024-02-29T23:59:00Z",
        "2024-03-01T00:00:00Z",
    ];
    assert_eq!(seen_at(&leap_day, times), [true, false, false, true, true]);
    // The leap second belongs to the Saturday that ends.
    let new_year = framed("'saturday'", "23:59", "00:00", "UTC");
    let times = ["2016-12-31T23:59:00Z", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"];
    assert_eq!(seen_at(&new_year, times), [false, false, true]);
    // Calendars end a day before the year 9999 does: what is beyond lies in no frame.
    let all = "'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'";
    let always = framed(all, "00:00", "00:00", "Europe/Berlin");
    let times = [
        "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59.9999999Z",
        "1970-01-01T00:00:00Z",
        "9999-12-30T22:00:00Z",
        "9999-12-31T23:59:59.9999999Z",
    ];
    assert_eq!(seen_at(&always, times), [false, false, false, false, true]);
}

#[test]
fn an_expiry_on_a_leap_day_in_a_leap_second_or_before_all_records_is_an_instant_like_any() {
    let expiring = |expires: &str| {
        vault_modified_with(&format!(
            "[[exceptions]]
            query = 'user: stranger*'
            expires = {expires}
            reason = 'migration'"
        ))
    };
    let leap_day = ["2024-02-28T23:59:59.9999999Z", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"];
    assert_eq!(seen_at(&expiring("2024-02-29T00:00:00Z"), leap_day), [false, true, true]);
    let before = ["1969-12-31T23:59:59.9999999Z", "1970-01-01T00:00:00Z", "2026-03-01T00:00:00Z"];
    assert_eq!(seen_at(&expiring("1970-01-01T00:00:00Z"), before), [false, true, true]);
    let end = ["2026-03-01T00:00:00Z", "9999-12-31T23:59:58Z", "9999-12-31T23:59:59Z"];
    assert_eq!(seen_at(&expiring("9999-12-31T23:59:59Z"), end), [false, false, true]);
}

#[test]
fn an_exception_that_expires_before_its_frame_opens_hides_nothing() {
    let set = vault_modified_with(
        "[[exceptions]]
        expires = 2026-03-01T02:00:00Z
        reason = 'night'
        frames = [{ weekdays = ['sunday'], from = '02:00', to = '04:00', zone = 'UTC' }]",
    );
    let times = ["2026-02-22T02:00:00Z", "2026-03-01T01:59:59.9999999Z", "2026-03-01T02:00:00Z"];
    assert_eq!(seen_at(&set, times), [false, true, true]);
    let after = Ticks::parse(b"2026-03-01T03:00:00Z").unwrap();
    assert!(set.maintenance_at(after).next().is_none());
}

#[test]
fn maintenance_is_in_a_frame_of_any_rule_while_its_exception_is_in_force() {
    let frame = |from: &str, to: &str| {
        format!(
            "[[exceptions]]
            query = 'user: nobody'
            expires = 2026-03-08T03:00:00Z
            reason = 'night'
            frames = [{{ weekdays = ['sunday'], from = '{from}', to = '{to}', zone = 'UTC' }}]"
        )
    };
    let mut rules = vault_modified_with(&frame("02:00", "04:00")).rules;
    rules.extend(vault_modified_with(&frame("12:00", "13:00")).rules);
    rules[1].id = "another".to_owned();
    let set = RuleSet::new(rules).unwrap();
    for (time, maintenance) in [
        ("2026-03-01T01:59:59.9999999Z", false),
        ("2026-03-01T02:00:00Z", true),
        ("2026-03-01T04:00:00Z", false),
        ("2026-03-01T12:30:00Z", true),
        ("2026-03-02T02:00:00Z", false),
        ("2026-03-08T02:59:59.9999999Z", true),
        ("2026-03-08T03:00:00Z", false),
    ] {
        let time = Ticks::parse(time.as_bytes()).unwrap();
        assert_eq!(set.maintenance_at(time).count(), usize::from(maintenance), "{time}");
    }
    let bulk = load(&["bulk-extraction"]).unwrap();
    assert_eq!(bulk.maintenance_at(Ticks(0)).count(), 0, "it has no frame");
}

#[test]
fn the_parts_of_an_exception_must_hold_together_and_one_exception_is_enough() {
    let set = vault_modified_with(
        "[[exceptions]]
        query = 'user: admin*'
        reason = 'administrators, in the frame only'
        frames = [{ weekdays = ['sunday'], from = '02:00', to = '04:00', zone = 'UTC' }]
        [[exceptions]]
        query = 'user: robot*'
        reason = 'any time'",
    );
    for (user, time, seen) in [
        ("admin", "2026-03-01T03:00:00Z", false),
        ("admin", "2026-03-02T03:00:00Z", true),
        ("other", "2026-03-01T03:00:00Z", true),
        ("robot", "2026-03-02T03:00:00Z", false),
    ] {
        let batch = vault_write(time, IdentityKind::User, (TextField::User, user));
        assert_eq!(sees(&set, &batch), seen, "{user} {time}");
    }
}

/// Ids of the pack's rules that see the event.
fn seen_by(pack: &RuleSet, batch: &Batch) -> Vec<String> {
    let matched = pack.evaluate(&batch.view(0)).matched;
    matched.iter().map(|index| pack.rules[index].id.clone()).collect()
}

#[test]
fn the_pack_takes_the_events_that_its_files_promise() {
    let pack = load(&[PACK]).unwrap();
    let call = |access, outcome, credential_type| {
        seen_by(
            &pack,
            &event("2026-03-02T12:00:00Z", &[], |event| {
                (event.access, event.outcome) = (access, outcome);
                event.credential_type = credential_type;
            }),
        )
    };
    let novel = ["novel-accessor", "novel-credential-type", "novel-object", "novel-vault"];
    let reveal = call(Access::Reveal, Outcome::Success, CredentialType::Secret);
    let mut readers = vec!["bulk-extraction", "denied-then-success", "distributed-extraction"];
    readers.extend(["grant-then-read", "list-then-read", "many-vaults", "new-block-reader"]);
    readers.extend(novel);
    readers.push("slow-extraction");
    assert_eq!(reveal, readers);
    assert_eq!(call(Access::Use, Outcome::Success, CredentialType::Key), novel);
    let metadata = call(Access::Metadata, Outcome::Success, CredentialType::Certificate);
    assert_eq!(metadata, ["metadata-flood", "novel-credential-type"]);
    let look = call(Access::Metadata, Outcome::Success, CredentialType::None);
    assert_eq!(look, ["metadata-flood"]);
    let denied = call(Access::Use, Outcome::Denied, CredentialType::Key);
    assert_eq!(denied, ["denied-then-success"]);
    let list = call(Access::List, Outcome::Success, CredentialType::Secret);
    assert_eq!(list, ["list-flood", "list-then-read"]);

    let stranger = (TextField::User, "stranger@contoso.example");
    let mut write = vault_write("2026-03-02T12:00:00Z", IdentityKind::User, stranger);
    let writes = ["vault-modified", "vault-modified-new-vault", "vault-modified-new-writer"];
    assert_eq!(seen_by(&pack, &write), writes);
    let grants = [["grant-then-read", "policy-added-and-removed"].as_slice(), &writes].concat();
    write.events[0].change = Change::Grant;
    assert_eq!(seen_by(&pack, &write), grants);
    write.events[0].outcome = Outcome::Started;
    assert_eq!(seen_by(&pack, &write), [""; 0]);
}

/// One for each word of an event, for its status and for its time. A word's first value answers its own
/// query one way, and its second the other.
const QUERIES_OF_WORDS: [&str; 9] = [
    "plane: data",
    "access: reveal",
    "outcome: success",
    "identity_kind: user",
    "credential_type: secret",
    "change: grant",
    "grant_scope: vault",
    "http_status >= 200",
    "time < \"2026-03-01T12:00:00Z\"",
];

/// A rule for the query, with exceptions that depend on the hour and on the kind of identity.
fn rule_of_words((number, query): (usize, &&str)) -> Rule {
    let (_, text) = EMBEDDED.iter().find(|(id, _)| *id == "vault-modified").unwrap();
    let mut table: toml::Table = text.parse().unwrap();
    let replaced: toml::Table = "[[exceptions]]
        reason = 'night'
        frames = [{ weekdays = ['sunday'], from = '02:00', to = '04:00', zone = 'UTC' }]
        [[exceptions]]
        query = 'identity_kind: user and change: grant'
        reason = 'users'"
        .parse()
        .unwrap();
    table["exceptions"] = replaced["exceptions"].clone();
    table["query"] = (*query).into();
    table["id"] = format!("by-word-{number}").into();
    parse_rule("tested.toml", &table.to_string()).unwrap()
}

proptest! {
    /// The verdict is what asking each rule by itself gives, whatever the shortcuts taken.
    #[test]
    fn verdicts_agree_with_each_rule_asked_alone(
        places in (0..Plane::ALL.len(), 0..Access::ALL.len(), 0..Outcome::ALL.len()),
        kind in 0..IdentityKind::ALL.len(),
        credential in 0..CredentialType::ALL.len(),
        operation in prop::sample::select(vec!["SecretGet", WRITE.1, "microsoft.keyvault/vaults/write"]),
        user in prop::sample::select(vec!["", "admin-1@contoso.example", "ada@contoso.example"]),
        hour in 0_i64..24 * 14,
    ) {
        let pack = load(&[PACK]).unwrap();
        let texts = [(TextField::Operation, operation), (TextField::User, user)];
        let batch = event("2026-03-01T00:00:00Z", &texts, |event| {
            event.time = event.time + TickSpan::hours(hour);
            event.plane = Plane::ALL[places.0];
            event.access = Access::ALL[places.1];
            event.outcome = Outcome::ALL[places.2];
            event.identity_kind = IdentityKind::ALL[kind];
            event.credential_type = CredentialType::ALL[credential];
        });
        let view = batch.view(0);
        let mut expected = Verdict::default();
        for (index, rule) in pack.rules.iter().enumerate() {
            if rule.query.matches(&view) {
                let hidden = rule.exceptions.iter().any(|exception| exception.hides(&view));
                let mask = if hidden { &mut expected.excepted } else { &mut expected.matched };
                mask.insert(index);
            }
        }
        prop_assert_eq!(pack.evaluate(&view), expected);
        let mut evaluator = Evaluator::new(&pack);
        prop_assert_eq!([(); 2].map(|()| evaluator.evaluate(&view)), [expected; 2]);
    }

    /// An evaluator says of each of many events, near and far from those before, what asking afresh gives.
    #[test]
    fn an_evaluator_remembers_nothing_wrong(
        events in prop::collection::vec(
            (
                (0..2_usize, 0..3_usize, 0..3_usize, 0..2_u16),
                // The other words, two of each, and the hour.
                (any::<[bool; 4]>(), 0..24_i64),
                prop::sample::select(vec!["SecretGet", "SecretDelete", "KeyBackup", WRITE.1]),
                prop::sample::select(vec!["", "admin-1@contoso.example", "ada@contoso.example"]),
                prop::sample::select(vec![None, Some("Allow"), Some("Deny")]),
            ),
            1..60,
        ),
    ) {
        let mut rules = load(&[PACK]).unwrap().rules;
        rules.extend(QUERIES_OF_WORDS.iter().enumerate().map(rule_of_words));
        let set = RuleSet::new(rules).unwrap();
        let action = Extra::named("properties.properties.networkAcls.defaultAction").unwrap();
        let mut evaluator = Evaluator::new(&set);
        for (words, (others, hour), operation, user, default_action) in events {
            let texts = [(TextField::Operation, operation), (TextField::User, user)];
            let mut batch = event("2026-03-01T00:00:00Z", &texts, |event| {
                event.plane = Plane::ALL[words.0];
                event.access = [Access::Reveal, Access::Change, Access::Destroy][words.1];
                event.outcome = Outcome::ALL[words.2];
                event.http_status = 200 * words.3;
                event.identity_kind = IdentityKind::ALL[usize::from(others[0])];
                event.credential_type = CredentialType::ALL[usize::from(others[1])];
                event.change = Change::ALL[usize::from(others[2])];
                event.grant_scope = GrantScope::ALL[usize::from(others[3])];
                event.time = event.time + TickSpan::hours(hour);
            });
            let mut changed = batch.events[0];
            if let Some(default_action) = default_action {
                batch.add_extra(&mut changed, action, |text| text.push_str(default_action));
            }
            let view = batch.view_of(&changed);
            prop_assert_eq!(evaluator.evaluate(&view), set.evaluate(&view));
        }
    }

    /// A mask holds what was inserted, in ascending order.
    #[test]
    fn masks_are_sets(indexes in prop::collection::btree_set(0_usize..128, 0..16)) {
        let mut mask = RuleMask::default();
        indexes.iter().for_each(|&index| mask.insert(index));
        prop_assert_eq!(mask.iter().collect::<Vec<_>>(), indexes.iter().copied().collect::<Vec<_>>());
        prop_assert!((0..130).all(|index| mask.contains(index) == indexes.contains(&index)));
        prop_assert_eq!(mask.is_empty(), indexes.is_empty());
    }
}
