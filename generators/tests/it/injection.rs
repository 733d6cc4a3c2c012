//! Campaigns on a cast written by hand, among records handed over: who plays, where they stand, what a
//! cast cannot carry.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use vaultdrill_generators::{
    Attack, Cast, CastClient, CastIdentity, CastObject, CastVault, IdentityKind, Injection,
    InjectionPlan, Network, OpaqueClaim, Position,
};

use crate::common::{attacks, estate_named};

const SECOND: i64 = 10_000_000;
const DAY: i64 = 86_400 * SECOND;
/// A Monday.
const START: i64 = 20_514 * DAY;
const DAYS: i64 = 8;

fn object(name: &str) -> CastObject {
    CastObject { name: name.to_owned(), version: Some(0x77) }
}

fn vault(name: &str, network: Network) -> CastVault {
    CastVault {
        name: name.to_owned(),
        subscription: 0x51,
        resource_group: "Rg-Own".to_owned(),
        resource_id: Some(format!("/subscriptions/own/{name}")),
        location: Some("ownregion".to_owned()),
        roles: true,
        network,
        logged: true,
        secrets: (0..30).map(|n| object(&format!("Own{n}"))).collect(),
        keys: vec![object("OwnKey")],
        certificates: Vec::new(),
        deleted: vec!["OwnGone".to_owned()],
    }
}

fn identity(number: u32, kind: IdentityKind, position: Position) -> CastIdentity {
    CastIdentity {
        kind,
        position,
        name: format!("own{number}@own.example"),
        object_id: 0xaaaa_0000 + u128::from(number),
        app_id: 0xbbbb_0000 + u128::from(number),
        resource: Some("/subscriptions/own/identity".to_owned()),
        clients: [0, 0],
        vaults: vec![0, 99],
        secrets: vec![(0, 3), (0, 99), (99, 0)],
        assignments: vec![(0, 0xabc), (99, 0xdef)],
        opaque: BTreeMap::from([(OpaqueClaim::Puid, "own\"puid".to_owned())]),
        public: vec![(0xc633_6400 + number, 3.0)],
        private: Vec::new(),
        events_per_day: 10.0,
        sessions_per_day: 1.0,
        writes_per_day: 0.1,
    }
}

/// Two vaults, twenty people and twenty services; some indexes lead nowhere.
fn cast() -> Cast {
    let people = (0..20).map(|n| identity(n, IdentityKind::User, Position::User));
    let services = (20..40).map(|n| identity(n, IdentityKind::SystemManaged, Position::Poller));
    let lost = CastIdentity { clients: [7, 0], ..identity(90, IdentityKind::User, Position::User) };
    Cast {
        tenant_id: Some(0x7e),
        vaults: vec![vault("Kv-Own", Network::Public), vault("Kv-Closed", Network::Private)],
        clients: vec![CastClient {
            agent: "own-client/1".to_owned(),
            arm_agent: None,
            api_version: "7.4".to_owned(),
            arm_api_version: "2023-07-01".to_owned(),
            tls: "TLS1_3".to_owned(),
            challenge: 0.0,
            portal: false,
            people: true,
            app_id: Some(0xcc),
        }],
        identities: people.chain(services).chain([lost]).collect(),
    }
}

fn plan(cast: Cast, attacks: Vec<Attack>) -> InjectionPlan {
    InjectionPlan {
        estate: estate_named("small.toml").with_cast(cast),
        attacks,
        seed: 7,
        start: START,
        end: START + DAYS * DAY,
        warmup_days: 4,
    }
}

/// Hands over one line an hour and returns all lines with their arrivals.
fn spliced(injection: Injection, out: &Path) -> Vec<(i64, String)> {
    let mut splice =
        injection.splice(out, false, &mut |line, lines| lines.extend_from_slice(line)).unwrap();
    for hour in 0..DAYS * 24 {
        let at = START + hour * 3_600 * SECOND;
        splice.copy(at, at, format!(r#"{{"own":{hour}}}"#).as_bytes()).unwrap();
    }
    splice.finish().unwrap();
    let bytes = fs::read(out.join("arrivals.i64")).unwrap();
    let arrivals = bytes.as_chunks().0.iter().map(|chunk| i64::from_le_bytes(*chunk));
    let text = fs::read_to_string(out.join("events.ndjson")).unwrap();
    arrivals.zip(text.lines().map(str::to_owned)).collect()
}

#[test]
fn records_handed_over_stay_in_order_and_planted_ones_stand_where_they_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let lines = spliced(Injection::new(plan(cast(), attacks())).unwrap(), &folder.path().join("a"));
    assert!(lines.is_sorted_by_key(|(arrival, _)| *arrival));
    let own: Vec<&str> = lines
        .iter()
        .map(|(_, line)| line.as_str())
        .filter(|line| line.contains("own\":"))
        .collect();
    let expected: Vec<String> = (0..DAYS * 24).map(|hour| format!(r#"{{"own":{hour}}}"#)).collect();
    assert_eq!(own, expected);
    assert!(lines.len() > own.len() + 100, "{}", lines.len());
    // Nothing is planted in the days that only teach.
    let first = lines.iter().find(|(_, line)| !line.contains("own\":")).unwrap();
    assert!(first.0 >= START + 4 * DAY);
    let nothing = Injection::new(plan(cast(), Vec::new())).unwrap();
    let twin = spliced(nothing, &folder.path().join("twin"));
    assert!(twin.iter().map(|(_, line)| line.as_str()).eq(own));
}

#[test]
fn campaigns_name_the_cast_as_it_is_spelled() {
    let folder = tempfile::tempdir().unwrap();
    let bulk = attacks().into_iter().filter(|attack| attack.name() == "bulk-extraction").collect();
    let lines = spliced(Injection::new(plan(cast(), bulk)).unwrap(), &folder.path().join("a"));
    let planted = lines.iter().filter(|(_, line)| !line.contains("own\":"));
    let mut reads = 0;
    for record in planted.map(|(_, line)| serde_json::from_str::<Value>(line).unwrap()) {
        assert_eq!(record["properties"]["clientInfo"], "own-client/1");
        let resource = record["resourceId"].as_str().unwrap();
        assert!(resource.starts_with("/subscriptions/own/Kv-"), "{resource}");
        if record["operationName"] == "SecretGet" && record["properties"]["httpStatusCode"] == 200 {
            reads += 1;
            let id = record["properties"]["id"].as_str().unwrap();
            assert!(id.contains("/secrets/Own") && id.ends_with("00000077"), "{id}");
        }
        let oid = record["identity"]["claim"]["oid"]
            .as_str()
            .unwrap_or("00000000-0000-0000-0000-0000aaaa0000");
        assert!(oid.starts_with("00000000-0000-0000-0000-0000aaaa00"), "{oid}");
        assert_ne!(oid, "00000000-0000-0000-0000-0000aaaa005a", "its client is nowhere");
        let address = record["callerIpAddress"].as_str().unwrap();
        assert!(address.starts_with("198.51.100."), "{address}");
        let assignment = record["properties"]["appliedAssignmentId"].as_str();
        if let Some(assignment) = assignment.filter(|_| resource.ends_with("/Kv-Own")) {
            assert_eq!(assignment, format!("{:032x}", 0xabc));
        }
    }
    assert!(reads > 50, "{reads}");
}

#[test]
fn what_a_cast_cannot_carry_is_left_out_with_what_it_lacks() {
    let left_out = |cast: Cast| {
        let injection = Injection::new(plan(cast, attacks())).unwrap();
        let all = injection.left_out().iter();
        all.map(|one| (one.attack.clone(), one.lacks.clone())).collect::<Vec<_>>()
    };
    let whole = left_out(cast());
    let lacks = "somebody whom it could act as";
    assert_eq!(whole, [("pipeline-abuse".to_owned(), lacks.to_owned())]);
    let mut open = cast();
    open.vaults.truncate(1);
    assert!(left_out(open).iter().any(|(attack, lacks)| {
        attack == "network-opening" && lacks.contains("closed to some networks")
    }));
    let empty = Cast { vaults: Vec::new(), ..cast() };
    assert_eq!(left_out(empty).len(), attacks().len());
    let nobody = Cast { identities: Vec::new(), ..cast() };
    assert_eq!(left_out(nobody).len(), attacks().len());
}

#[test]
fn there_must_be_time_to_score() {
    let late = InjectionPlan { warmup_days: 8, ..plan(cast(), attacks()) };
    let message = Injection::new(late).unwrap_err().to_string();
    assert!(message.contains("8 days with 8 of warm-up"), "{message}");
}
