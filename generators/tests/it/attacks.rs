//! What the campaigns of each attack leave behind, and what the adversary's dials change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::Value;
use vaultdrill_generators::Attack;

use crate::common::{Corpus, key, record_key, scenario_files, step_key, ticks};

const HOUR: i64 = 36_000_000_000;
const DAY: i64 = 24 * HOUR;

/// Every attack over two scored weeks, without look-alikes.
fn corpus() -> &'static Corpus {
    static CORPUS: OnceLock<Corpus> = OnceLock::new();
    CORPUS.get_or_init(|| {
        Corpus::of(|plan| {
            plan.look_alikes.clear();
            plan.days = 21;
            plan.warmup_days = 7;
            plan.events = Some(40_000);
        })
    })
}

/// One campaign as truth tells it.
struct Campaign {
    line: Value,
    /// In the order of their times.
    steps: Vec<Value>,
}

impl Campaign {
    fn attack(&self) -> &str {
        self.line["attack"].as_str().unwrap()
    }

    fn parameter(&self, name: &str) -> &Value {
        &self.line["parameters"][name]
    }

    fn is_evasive(&self) -> bool {
        self.parameter("variant") == "evasive"
    }

    fn operations(&self) -> Vec<&str> {
        self.steps.iter().map(|step| step["operation"].as_str().unwrap()).collect()
    }
}

fn campaigns(corpus: &Corpus) -> Vec<Campaign> {
    let mut steps: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for step in corpus.truth_lines("step") {
        steps.entry(step["campaign_id"].as_str().unwrap().to_owned()).or_default().push(step);
    }
    let lines = corpus.truth_lines("campaign");
    let hostile = lines.into_iter().filter(|line| line["class"] == "malicious");
    let campaign = |line: Value| {
        let mut own = steps.remove(line["campaign_id"].as_str().unwrap()).unwrap_or_default();
        own.sort_by_key(|step| ticks(&step["time"]));
        Campaign { line, steps: own }
    };
    hostile.map(campaign).collect()
}

/// Calls that every campaign makes in this order (`|` parts alternatives), and calls that none makes.
const SIGNATURES: &[(&str, &[&str], &[&str])] = &[
    ("backup-exfiltration", &["SecretBackup"], &["SecretGet"]),
    ("bulk-extraction", &["SecretGet|CertificateGet|KeyGet"], &["SecretBackup", "SecretSet"]),
    ("deleted-secret-recovery", &["SecretRecover", "SecretGet"], &["SecretBackup"]),
    ("distributed-extraction", &["SecretGet", "SecretGet"], &["SecretBackup"]),
    (
        "key-ransom",
        &[
            "VaultGet",
            "VAULTS/WRITE",
            "KeyCreate",
            "STORAGEACCOUNTS/WRITE",
            "KeyDelete",
            "KeyPurge",
        ],
        &["SecretGet"],
    ),
    ("log-blinding", &["VaultGet", "DIAGNOSTICSETTINGS/DELETE"], &["SecretGet", "SecretList"]),
    ("low-and-slow", &["SecretGet"], &["SecretList", "VaultGet"]),
    ("manual-extraction", &["SecretGet|CertificateGet|KeyGet"], &["VAULTS/WRITE"]),
    ("network-opening", &["VaultGet", "VAULTS/WRITE", "SecretGet|CertificateGet|KeyGet"], &[]),
    ("novel-accessor", &["SecretGet|CertificateGet|KeyGet"], &["VAULTS/WRITE"]),
    ("pipeline-abuse", &["SecretList", "SecretGet"], &["SecretBackup"]),
    (
        "purge-ransom",
        &["ROLEASSIGNMENTS/WRITE|VAULTS/WRITE", "SecretBackup", "SecretDelete", "SecretPurge"],
        &["SecretGet"],
    ),
    ("reconnaissance", &["SecretGet"], &["SecretBackup", "SecretSet"]),
    ("token-replay", &["SecretGet"], &["VAULTS/WRITE", "VaultPut"]),
    (
        "unauthorized-vault-write",
        &["VaultGet", "VAULTS/WRITE|ROLEASSIGNMENTS/WRITE", "SecretGet|CertificateGet|KeyGet"],
        &[],
    ),
    (
        "vault-persistence",
        &["SecretSet|CertificateImport|ROLEASSIGNMENTS/WRITE|VAULTS/WRITE"],
        &["SecretGet"],
    ),
];

#[test]
fn every_campaign_shows_the_signature_of_its_attack() {
    let mut shown = BTreeSet::new();
    for campaign in campaigns(corpus()) {
        let signature = SIGNATURES.iter().find(|(attack, ..)| *attack == campaign.attack());
        let (attack, order, never) = signature.unwrap_or_else(|| panic!("{}", campaign.attack()));
        let operations = campaign.operations();
        let mut left = operations.iter();
        for step in *order {
            let meant = |operation: &&&str| step.split('|').any(|end| operation.ends_with(end));
            assert!(left.find(meant).is_some(), "{attack}: no {step} in {operations:?}");
        }
        for operation in &operations {
            assert!(!never.iter().any(|end| operation.ends_with(end)), "{attack}: {operation}");
        }
        shown.insert(*attack);
    }
    assert_eq!(shown.len(), SIGNATURES.len());
    assert_eq!(shown.len(), scenario_files("attacks").len());
}

#[test]
fn a_campaign_has_the_accounts_the_refusals_and_the_way_back_that_truth_tells() {
    let status: BTreeMap<_, u64> = corpus()
        .records()
        .iter()
        .filter_map(|record| {
            Some((record_key(record), record["properties"]["httpStatusCode"].as_u64()?))
        })
        .collect();
    let mut reverted = BTreeSet::new();
    for campaign in campaigns(corpus()) {
        let (attack, identities) = (campaign.attack(), &campaign.line["identities"]);
        let refused =
            campaign.steps.iter().filter(|step| status.get(&step_key(step)) == Some(&403));
        let refused = refused.count();
        if let Some(denied) = campaign.parameter("denied").as_bool() {
            assert_eq!(denied, refused > 0, "{}", campaign.line);
        }
        match attack {
            "reconnaissance" => {
                assert!(campaign.steps.iter().all(|step| step["reveals"] == false));
                assert!(refused > 0, "{}", campaign.line);
            }
            "distributed-extraction" => assert!(identities.as_array().unwrap().len() >= 3),
            "token-replay" => assert_eq!(campaign.line["identity_kind"], "managed_identity"),
            "vault-persistence" => {
                assert!(campaign.steps.iter().all(|step| step["reveals"] == false));
            }
            _ => {}
        }
        if campaign.parameter("reverts") == true {
            let last = campaign.operations().pop().unwrap();
            assert!(last.starts_with("MICROSOFT."), "{attack} ends with {last}");
            reverted.insert(attack.to_owned());
        }
    }
    assert_eq!(reverted.len(), 3, "{reverted:?}");
}

#[test]
fn both_variants_of_every_attack_occur() {
    let mut variants: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for campaign in campaigns(corpus()) {
        let counts = variants.entry(campaign.attack().to_owned()).or_default();
        counts[usize::from(campaign.is_evasive())] += 1;
    }
    assert!(
        variants.values().all(|[plain, evasive]| plain.abs_diff(*evasive) <= 1),
        "{variants:?}"
    );
    assert!(variants.values().all(|[plain, _]| *plain >= 3), "{variants:?}");
}

/// Slower, and closer to what the victim does anyway.
#[test]
fn evasive_campaigns_differ_from_plain_ones_in_the_dials() {
    let all = campaigns(corpus());
    let mean = |name: &str, evasive: bool| {
        let wanted = all.iter().filter(|campaign| campaign.is_evasive() == evasive);
        let values: Vec<f64> = wanted
            .map(|campaign| match campaign.parameter(name) {
                Value::Bool(on) => f64::from(u8::from(*on)),
                value => value.as_f64().unwrap_or_else(|| panic!("{name}: {value}")),
            })
            .collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    assert!(mean("gap_seconds", true) > 4.0 * mean("gap_seconds", false));
    for (dial, more) in [
        ("working_hours", 0.1),
        ("same_block", 0.25),
        ("copied_client", 0.25),
        ("inside_history_share", 0.2),
        ("identities", 0.3),
        ("pause_days", 0.1),
        ("ramp_up_days", 0.1),
        ("excepted", 0.1),
    ] {
        let (plain, evasive) = (mean(dial, false), mean(dial, true));
        assert!(evasive > plain + more, "{dial}: {plain} plain, {evasive} evasive");
    }
    assert!(mean("lists", true) < mean("lists", false));
}

#[test]
fn campaigns_end_two_days_before_the_corpus_does_also_the_long_ones() {
    let end = ticks(&Value::from(&*corpus().manifest.warmup_end)) + 14 * DAY;
    let mut cut = 0;
    for campaign in campaigns(corpus()) {
        assert!(ticks(&campaign.line["end"]) <= end - 2 * DAY, "{}", campaign.line);
        let days = |name: &str| campaign.parameter(name).as_f64();
        if let (Some(drawn), Some(used)) = (days("drawn_days"), days("used_days")) {
            let lasted = (ticks(&campaign.line["end"]) - ticks(&campaign.line["start"])) as f64;
            assert!(lasted / DAY as f64 <= used + 0.5, "{}", campaign.line);
            // Weekends that are left out come on top.
            assert!(used <= drawn + 2.5, "{}", campaign.line);
            cut += usize::from(used + 1.0 < drawn);
        }
    }
    assert!(cut > 0, "a campaign of 30 days does not fit into two weeks");
}

#[test]
fn a_blinded_vault_logs_nothing_of_what_its_blinder_reads() {
    let blinded: Vec<Campaign> = campaigns(corpus())
        .into_iter()
        .filter(|campaign| campaign.attack() == "log-blinding")
        .collect();
    assert!(blinded.len() >= 6);
    for campaign in blinded {
        let deletion = |step: &&Value| {
            step["operation"].as_str().is_some_and(|name| name.ends_with("SETTINGS/DELETE"))
        };
        let last = campaign.steps.iter().rposition(|step| deletion(&step)).unwrap();
        let after = &campaign.steps[last + 1..];
        assert!(after.iter().all(|step| step["object"].is_null()), "{}", campaign.line);
        assert!(campaign.steps.iter().all(|step| step["reveals"] == false));
    }
}

/// Bulk extraction with dials of both variants set.
fn dialed(dials: &[(&str, &str)]) -> (Corpus, Vec<Campaign>) {
    let (name, text) = scenario_files("attacks")
        .into_iter()
        .find(|(name, _)| name == "bulk-extraction.toml")
        .unwrap();
    let turned = text.lines().map(|line| {
        let key = line.split(' ').next().unwrap();
        match dials.iter().find(|(dial, _)| *dial == key) {
            Some((dial, value)) => format!("{dial} = {value}\n"),
            None => format!("{line}\n"),
        }
    });
    let attack = Attack::parse(&name, &turned.collect::<String>()).unwrap();
    let corpus = Corpus::of(|plan| {
        plan.attacks = vec![attack];
        plan.look_alikes.clear();
        plan.days = 12;
        plan.warmup_days = 4;
        plan.events = Some(20_000);
    });
    let campaigns = campaigns(&corpus);
    assert!(campaigns.len() >= 12);
    (corpus, campaigns)
}

/// What benign records of an identity say: clients, and /16 of the caller.
fn habits(corpus: &Corpus) -> BTreeMap<String, BTreeSet<String>> {
    let hostile = corpus.hostile_steps();
    let mut habits: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in corpus.records() {
        if let Some(oid) = record["identity"]["claim"]["oid"].as_str()
            && !hostile.contains(&record_key(&record))
        {
            habits.entry(oid.to_owned()).or_default().extend(traits(&record));
        }
    }
    habits
}

fn traits(record: &Value) -> [String; 2] {
    let client = record["properties"]["clientInfo"].as_str().unwrap();
    let address = record["callerIpAddress"].as_str().unwrap();
    let block = address.rsplit_once('.').unwrap().0;
    [client.split('/').next().unwrap().to_owned(), block.to_owned()]
}

/// Share of the campaigns' records whose client and whose block are the identity's own.
fn own_shares(corpus: &Corpus, campaigns: &[Campaign]) -> [f64; 2] {
    let habits = habits(corpus);
    let steps: BTreeSet<_> = campaigns.iter().flat_map(|one| &one.steps).map(step_key).collect();
    let (mut own, mut all) = ([0.0; 2], 0.0);
    for record in corpus.records() {
        let id = key(&record["correlationId"], &record["time"], &record["operationName"]);
        let Some(oid) = record["identity"]["claim"]["oid"].as_str() else { continue };
        let Some(habits) = habits.get(oid).filter(|_| steps.contains(&id)) else { continue };
        all += 1.0;
        for (share, found) in own.iter_mut().zip(traits(&record)) {
            *share += f64::from(u8::from(habits.contains(&found)));
        }
    }
    assert!(all > 100.0);
    own.map(|share| share / all)
}

#[test]
fn dials_at_one_keep_to_the_victims_client_network_vaults_and_hours() {
    let (corpus, campaigns) = dialed(&[
        ("copied_client_share", "1"),
        ("same_block_share", "1"),
        ("inside_history_share", "1"),
        ("working_hours_share", "1"),
        ("list_share", "1"),
        ("excepted_share", "0"),
        ("maintenance_share", "0"),
        ("identities", "[1, 1]"),
    ]);
    let [client, block] = own_shares(&corpus, &campaigns);
    // Whoever hardly acts shows few habits in so short a corpus.
    assert!(client > 0.65 && block > 0.65, "{client} {block}");
    for campaign in &campaigns {
        assert_eq!(campaign.parameter("home"), true, "{}", campaign.line);
        assert!(campaign.operations().contains(&"SecretList"), "{}", campaign.line);
        assert_eq!(campaign.line["identities"].as_array().unwrap().len(), 1);
        if campaign.line["identity_kind"] == "user" {
            let start = ticks(&campaign.line["start"]);
            let day = (start.div_euclid(DAY) + 3).rem_euclid(7);
            let hour = start.rem_euclid(DAY) / HOUR;
            assert!(day < 5 && (3..=22).contains(&hour), "{}", campaign.line);
        }
    }
}

#[test]
fn dials_at_zero_bring_another_client_and_network_to_vaults_that_are_new() {
    let (corpus, campaigns) = dialed(&[
        ("copied_client_share", "0"),
        ("same_block_share", "0"),
        ("inside_history_share", "0"),
        ("list_share", "0"),
        ("excepted_share", "0"),
        ("maintenance_share", "0"),
        ("pause_days", "[0, 0]"),
        ("ramp_up_days", "[0, 0]"),
    ]);
    let [_, block] = own_shares(&corpus, &campaigns);
    assert!(block < 0.4, "{block}");
    for campaign in &campaigns {
        assert_eq!(campaign.parameter("home"), false, "{}", campaign.line);
        assert!(!campaign.operations().contains(&"SecretList"), "{}", campaign.line);
        let lasted = ticks(&campaign.line["end"]) - ticks(&campaign.line["start"]);
        assert!(lasted < 8 * HOUR, "{}", campaign.line);
    }
}

#[test]
fn exceptions_maintenance_accounts_and_ramps_are_what_their_dials_say() {
    let (_, campaigns) = dialed(&[
        ("excepted_share", "1"),
        ("maintenance_share", "1"),
        ("identities", "[1, 1]"),
        ("pause_days", "[0, 0]"),
        ("ramp_up_days", "[0, 0]"),
    ]);
    for campaign in &campaigns {
        let role = campaign.parameter("acting_as").as_str().unwrap();
        assert!(["administrator", "automation", "pipeline"].contains(&role), "{role}");
        let (start, end) = (ticks(&campaign.line["start"]), ticks(&campaign.line["end"]));
        assert_eq!((start.div_euclid(DAY) + 3).rem_euclid(7), 6, "{}", campaign.line);
        assert_eq!(start.rem_euclid(DAY) / HOUR, 2, "{}", campaign.line);
        assert!(end.rem_euclid(DAY) / HOUR < 4, "{}", campaign.line);
    }
    let (_, campaigns) = dialed(&[("identities", "[3, 3]"), ("ramp_up_days", "[2, 2]")]);
    let mut grown = 0;
    for campaign in &campaigns {
        assert!(campaign.line["identities"].as_array().unwrap().len() <= 3);
        let mut days: BTreeMap<i64, usize> = BTreeMap::new();
        for step in campaign.steps.iter().filter(|step| step["reveals"] == true) {
            *days.entry(ticks(&step["time"]).div_euclid(DAY)).or_default() += 1;
        }
        let counts: Vec<usize> = days.into_values().collect();
        grown += usize::from(counts.len() >= 3 && counts.is_sorted());
    }
    assert!(grown * 2 > campaigns.len(), "{grown} of {}", campaigns.len());
}

#[test]
fn a_sitting_is_as_long_as_its_dial_lets_it_and_no_longer() {
    let hours = |sitting: &str| {
        let (_, campaigns) = dialed(&[
            ("objects", "[24, 24]"),
            ("vaults", "[8, 8]"),
            ("parallel_share", "0"),
            ("gap_seconds", "[3600, 3600]"),
            ("identities", "[1, 1]"),
            ("pause_days", "[0, 0]"),
            ("ramp_up_days", "[0, 0]"),
            ("maintenance_share", sitting),
        ]);
        let whole = campaigns.iter().filter(|campaign| *campaign.parameter("objects") == 24);
        let last = |campaign: &Campaign| ticks(&campaign.line["end"]);
        let hours: Vec<f64> =
            whole.map(|one| (last(one) - ticks(&one.line["start"])) as f64 / HOUR as f64).collect();
        assert!(hours.len() >= 3, "{hours:?}");
        hours
    };
    let usual = hours("0");
    assert!(usual.iter().all(|hours| (2.5..6.0).contains(hours)), "{usual:?}");
    let long = hours("0\nsitting_hours = 40");
    assert!(long.iter().all(|hours| (16.0..40.0).contains(hours)), "{long:?}");
}
