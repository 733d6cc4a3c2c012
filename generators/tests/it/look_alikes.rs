//! Each look-alike shows the signature it stands for, none is empty, and whoever is missing in an
//! estate is not missed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::Value;
use vaultdrill_generators::{Estate, LookAlike};

use crate::common::{Corpus, estate_with, record_key, scenario_files, step_key, ticks};

const SECOND: i64 = 10_000_000;
const HOUR: i64 = 3_600 * SECOND;
const GRANT: [&str; 3] = [
    "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE",
    "MICROSOFT.KEYVAULT/VAULTS/WRITE",
    "MICROSOFT.KEYVAULT/VAULTS/ACCESSPOLICIES/WRITE",
];
const REMOVAL: [&str; 3] = ["MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/DELETE", GRANT[1], GRANT[2]];

/// One record of an instance, and what truth says of it.
struct Step {
    operation: String,
    /// Vault and name of the object.
    object: Option<(String, String)>,
    /// Empty for the anonymous and for the Activity Log.
    caller: String,
    vault: String,
    address: String,
    client: String,
    status: u64,
    time: i64,
    record: Value,
}

/// One instance in the order of time.
struct Instance {
    campaign: Value,
    steps: Vec<Step>,
}

impl Instance {
    fn id(&self) -> &str {
        self.campaign["campaign_id"].as_str().unwrap()
    }

    fn parameter(&self, name: &str) -> &Value {
        &self.campaign["parameters"][name]
    }

    fn of<'a>(&'a self, operation: &'a str) -> impl DoubleEndedIterator<Item = &'a Step> {
        self.steps.iter().filter(move |step| step.operation == operation)
    }

    fn succeeded<'a>(&'a self, operation: &'a str) -> impl DoubleEndedIterator<Item = &'a Step> {
        self.of(operation).filter(|step| step.status == 200)
    }

    fn refused(&self) -> Vec<&Step> {
        self.steps.iter().filter(|step| step.status == 403).collect()
    }

    /// Steps of the Activity Log by any of these names.
    fn managed<'a>(&'a self, names: &'a [&str]) -> Vec<&'a Step> {
        self.steps.iter().filter(|step| names.contains(&&*step.operation)).collect()
    }

    fn distinct<'a, T: Ord>(&'a self, of: impl Fn(&'a Step) -> T) -> usize {
        self.steps.iter().map(of).collect::<BTreeSet<T>>().len()
    }

    fn callers(&self) -> BTreeSet<&str> {
        let named = self.steps.iter().map(|step| &*step.caller);
        named.filter(|caller| !caller.is_empty()).collect()
    }

    fn span(&self) -> i64 {
        self.steps[self.steps.len() - 1].time - self.steps[0].time
    }

    fn start_hour(&self) -> i64 {
        self.steps[0].time / HOUR % 24
    }

    /// True when every reading comes after the first of these changes.
    fn reads_follow(&self, changes: &[&str]) -> bool {
        let changed = self.managed(changes)[0].time;
        self.succeeded("SecretGet").all(|read| read.time > changed)
    }
}

/// What a look-alike is recognised by.
struct Signature {
    name: &'static str,
    /// In every instance.
    always: &'static [&'static str],
    /// In no instance.
    never: &'static [&'static str],
    holds: fn(&Instance) -> bool,
}

const SIGNATURES: &[Signature] = &[
    Signature {
        name: "administrator-change",
        always: &["VaultGet"],
        never: &["SecretSet"],
        holds: |it| it.callers().len() == 1 && it.reads_follow(&GRANT),
    },
    Signature {
        name: "backup-job",
        always: &["SecretBackup"],
        never: &["SecretGet", "SecretList"],
        holds: |it| it.callers().len() == 1 && it.start_hour() == 1,
    },
    Signature {
        name: "break-glass",
        always: &["SecretList"],
        never: &["SecretSet"],
        holds: |it| {
            let engineers: BTreeSet<&str> = it.of("SecretGet").map(|read| &*read.caller).collect();
            let (grants, ends) = (it.managed(&GRANT), it.managed(&REMOVAL));
            it.start_hour() < 5
                && engineers.len() <= 1
                && it.of("SecretGet").count() <= 5
                && it.reads_follow(&GRANT)
                && ends[ends.len() - 1].time - grants[0].time >= HOUR
        },
    },
    Signature {
        name: "compliance-inventory",
        always: &["VaultGet", "SecretList", "KeyList", "CertificateList", "SecretListVersions"],
        never: &["SecretGet", "KeyGet", "CertificateGet", "SecretBackup", "SecretSet"],
        holds: |it| it.distinct(|step| &*step.vault) >= 35 && it.callers().len() == 1,
    },
    Signature {
        name: "compliance-read",
        always: &["VaultGet", "SecretList", "SecretGet"],
        never: &["SecretSet", "SecretBackup"],
        holds: |it| it.callers().len() == 1 && it.distinct(|step| &*step.vault) <= 5,
    },
    Signature {
        name: "egress-change",
        always: &[],
        never: &["SecretList", "SecretSet", "VaultGet"],
        holds: |it| {
            let block = |step: &Step| step.address.rsplit_once('.').unwrap().0.to_owned();
            it.distinct(block) == 1 && !it.callers().is_empty()
        },
    },
    Signature {
        name: "failover-drill",
        always: &["KeyUnwrap"],
        never: &["SecretGet", "KeyList"],
        holds: |it| {
            it.callers().len() >= 3
                && it.of("KeyUnwrap").count() == it.callers().len()
                && it.span() <= HOUR
        },
    },
    Signature {
        name: "identity-recreated",
        always: &[],
        never: &["SecretList", "SecretSet"],
        holds: |it| {
            let reads: Vec<&Step> = it.steps.iter().filter(|step| is_read(step)).collect();
            let (first, grants) = (reads[0], it.managed(&GRANT));
            !it.refused().is_empty()
                && it.refused().iter().all(|step| step.time < first.time)
                && grants[0].time < it.refused()[0].time
                && reads.iter().all(|read| read.caller == first.caller)
                && first.record["identity"]["claim"].get("xms_mirid").is_some()
        },
    },
    Signature {
        name: "integration-settings",
        always: &["VaultGet", "MICROSOFT.KEYVAULT/VAULTS/WRITE"],
        never: &["SecretGet", "SecretList"],
        holds: |it| it.callers().len() == 1,
    },
    Signature {
        name: "key-copy",
        always: &["KeyBackup", "KeyRestore"],
        never: &["SecretGet", "SecretBackup"],
        holds: |it| {
            let restored = it.of("KeyRestore").zip(it.of("KeyBackup"));
            let subscription =
                |step: &Step| step.record["resourceId"].as_str().unwrap()[..51].to_owned();
            it.of("KeyRestore").count() == it.of("KeyBackup").count()
                && restored.into_iter().all(|(restore, backup)| {
                    restore.vault != backup.vault
                        && restore.time > backup.time
                        && subscription(restore) == subscription(backup)
                        && restore.object.as_ref().unwrap().1 == backup.object.as_ref().unwrap().1
                })
        },
    },
    Signature {
        name: "maintenance-window",
        always: &["VaultGet", "MICROSOFT.KEYVAULT/VAULTS/WRITE"],
        never: &["SecretGet"],
        holds: |it| it.callers().len() == 1 && (2..4).contains(&it.start_hour()),
    },
    Signature {
        name: "mass-rotation",
        always: &["SecretList", "SecretGet", "SecretSet"],
        never: &["SecretBackup", "SecretDelete"],
        holds: |it| {
            let set: BTreeSet<_> = it.of("SecretSet").map(|step| &step.object).collect();
            (2..=4).contains(&it.callers().len())
                && it.of("SecretGet").all(|read| set.contains(&read.object))
                && it.start_hour() >= 19
        },
    },
    Signature {
        name: "offboarding",
        always: &["VaultGet"],
        never: &["SecretGet"],
        holds: |it| {
            let removals = it.managed(&REMOVAL);
            it.callers().len() == 1
                && !removals.is_empty()
                && it.of("SecretSet").all(|set| set.time > removals[0].time)
        },
    },
    Signature {
        name: "role-migration",
        always: &["MICROSOFT.KEYVAULT/VAULTS/WRITE", GRANT[0], "SecretGet"],
        never: &["SecretSet"],
        holds: |it| {
            let changed = it.managed(&GRANT[1..2])[0];
            let refused = it.refused();
            let ends = refused.iter().map(|step| step.time).max().unwrap_or(0);
            let last = it.steps[it.steps.len() - 1].time;
            refused.len() > 1
                && refused.iter().all(|step| step.time > changed.time)
                && refused.iter().all(|step| step.record["properties"]["isRbacAuthorized"] == false)
                && ends < last
        },
    },
    Signature {
        name: "scale-up",
        always: &["Authentication"],
        never: &["SecretList", "VaultGet", "SecretSet"],
        holds: |it| {
            let read = it.steps.iter().filter(|step| is_read(step)).count();
            let objects: BTreeSet<_> =
                it.steps.iter().filter_map(|step| step.object.as_ref()).collect();
            let throttled = it.steps.iter().any(|step| step.status == 429);
            it.of("Authentication").count().abs_diff(read) <= 1 + read / 50
                && read >= 8
                && objects.len() <= 6
                && it.callers().len() == 1
                && (!throttled || *it.parameter("throttled") == true)
        },
    },
    Signature {
        name: "scripted-change",
        always: &["VaultGet"],
        never: &["SecretGet"],
        holds: |it| {
            let (sets, writes) = (it.of("SecretSet").count(), it.managed(&GRANT).len());
            let written = if *it.parameter("purpose") == "secrets" { sets } else { writes };
            let vaults = it.distinct(|step| &*step.vault);
            it.callers().len() == 1 && written >= 3 && vaults >= 3 && sets.min(writes) == 0
        },
    },
    Signature {
        name: "security-test",
        always: &[],
        never: &["SecretSet", "SecretDelete"],
        holds: |it| {
            let tools = ["curl", "owershell", "owerShell", "python"];
            let by_tool = |step: &Step| tools.iter().any(|tool| step.client.contains(tool));
            let data = || it.steps.iter().filter(|step| step.operation.starts_with("Secret"));
            let played = match it.parameter("play").as_str().unwrap() {
                "bulk_read" => it.succeeded("SecretGet").count() >= 5,
                "probe" => it.refused().len() >= 8 && it.succeeded("SecretGet").count() == 0,
                "self_grant" => !it.refused().is_empty() && !it.managed(&REMOVAL).is_empty(),
                _ => false,
            };
            it.campaign["class"] == "authorised" && data().all(by_tool) && played
        },
    },
    Signature {
        name: "self-grant",
        always: &["VaultGet", "SecretList", "KeyList", "CertificateList"],
        never: &["SecretSet"],
        holds: |it| {
            let reads = it.steps.iter().filter(|step| is_read(step)).count();
            // A write is two records of the Activity Log; the first was the grant.
            let written_twice = it.managed(&GRANT[1..2]).len() == 4;
            let reverts = written_twice || !it.managed(&REMOVAL[..1]).is_empty();
            it.callers().len() == 1
                && (1..=5).contains(&reads)
                && it.reads_follow(&GRANT)
                && *it.parameter("reverts") == reverts
        },
    },
    Signature {
        name: "service-onboarding",
        always: &["SecretGet"],
        never: &["SecretSet"],
        holds: |it| {
            let refused = it.refused();
            !refused.is_empty()
                && it.managed(&GRANT)[0].time < refused[0].time
                && it.succeeded("SecretGet").all(|read| read.time > refused[refused.len() - 1].time)
        },
    },
    Signature {
        name: "team-change",
        always: &["VaultGet", "SecretList"],
        never: &["SecretSet"],
        holds: |it| {
            let last = it.managed(&GRANT).last().unwrap().time;
            it.callers().len() >= 3
                && it.of("SecretList").all(|list| list.time > last)
                && it.span() <= 12 * HOUR
        },
    },
    Signature {
        name: "travel",
        always: &["VaultGet", "SecretList"],
        never: &["SecretSet", "KeyList"],
        holds: |it| {
            let open = it.steps.iter().filter(|step| !step.address.starts_with("10."));
            let away = open.filter(|step| step.address.starts_with("100.")).count();
            it.callers().len() == 1
                && away > 0
                && it.distinct(|step| step.client.split('/').next().unwrap().to_owned()) <= 2
                && it.span() >= 12 * HOUR
        },
    },
    Signature {
        name: "vault-migration",
        always: &["SecretList", "SecretGet", "SecretSet"],
        never: &["SecretBackup"],
        holds: |it| {
            let from = &it.of("SecretList").next().unwrap().vault;
            let read: BTreeSet<&str> =
                it.succeeded("SecretGet").filter(|step| step.vault == *from).map(name).collect();
            let set: BTreeSet<&str> = it.of("SecretSet").map(name).collect();
            let times: Vec<i64> = it.of("SecretSet").map(|step| step.time).collect();
            read == set
                && it.of("SecretSet").all(|step| step.vault != *from)
                && times.windows(301).all(|burst| burst[300] - burst[0] > 10 * SECOND)
        },
    },
    Signature {
        name: "wrong-tenant",
        always: &["Authentication"],
        never: &["SecretGet", "SecretList"],
        holds: |it| {
            it.distinct(|step| &*step.operation) == 1
                && it.steps.iter().all(|step| {
                    step.status == 401 && step.record["identity"] == serde_json::json!({})
                })
                && it.steps.len() >= 20
                && it.span() >= HOUR / 3
        },
    },
];

fn name(step: &Step) -> &str {
    &step.object.as_ref().unwrap().1
}

fn is_read(step: &Step) -> bool {
    matches!(&*step.operation, "SecretGet" | "KeyGet" | "CertificateGet") && step.status == 200
}

/// Only look-alikes, several of each, with days before the end in which the longest of them end.
fn corpus() -> &'static Corpus {
    static CORPUS: OnceLock<Corpus> = OnceLock::new();
    CORPUS.get_or_init(|| {
        Corpus::of(|plan| {
            plan.estate = estate_with(&[("max = 5200", "max = 20")]);
            plan.attacks.clear();
            let files = scenario_files("look-alikes");
            let more = |(name, text): &(String, String)| {
                // Once in a week of scored days is too little to find a whole one.
                let text = text.replace("instances = 1\n", "instances = 3\n");
                let text = text.replace("instances = 1 ", "instances = 3 ");
                LookAlike::parse(name, &text).unwrap()
            };
            plan.look_alikes = files.iter().map(more).collect();
            (plan.events, plan.days, plan.warmup_days) = (None, 14, 1);
        })
    })
}

/// Instances of a file that ended before the corpus did, with their records.
fn instances() -> BTreeMap<String, Vec<Instance>> {
    const LONGEST: i64 = 5 * 24 * HOUR;
    let corpus = corpus();
    let records: BTreeMap<_, Value> =
        corpus.records().into_iter().map(|record| (record_key(&record), record)).collect();
    let mut steps: BTreeMap<String, Vec<Step>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for step in corpus.truth_lines("step") {
        // Copies tell nothing new.
        if seen.insert(step_key(&step)) {
            let id = step["campaign_id"].as_str().unwrap().to_owned();
            steps.entry(id).or_default().push(read(&step, &records[&step_key(&step)]));
        }
    }
    let end = ticks(&Value::from(&*corpus.manifest.last_time));
    let mut found: BTreeMap<String, Vec<Instance>> = BTreeMap::new();
    for campaign in corpus.truth_lines("campaign") {
        let mut own = steps.remove(campaign["campaign_id"].as_str().unwrap()).unwrap();
        own.sort_by_key(|step| step.time);
        if own[0].time < end - LONGEST {
            let file = campaign["attack"].as_str().unwrap().to_owned();
            found.entry(file).or_default().push(Instance { campaign, steps: own });
        }
    }
    found
}

fn read(step: &Value, record: &Value) -> Step {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let claim = &record["identity"]["claim"];
    let long = "http://schemas.microsoft.com/identity/claims/objectidentifier";
    let oid = claim.get("oid").or_else(|| claim.get(long));
    let object = step["object"].as_str().map(|object| {
        let (vault, rest) = object.split_once('/').unwrap();
        (vault.to_owned(), rest.to_owned())
    });
    let resource = text(&record["resourceId"]).to_lowercase();
    let vault = resource.split("/vaults/").nth(1).unwrap_or_default();
    Step {
        operation: text(&step["operation"]),
        object,
        caller: oid.map(text).unwrap_or_default(),
        vault: vault.split('/').next().unwrap_or_default().to_owned(),
        address: text(&record["callerIpAddress"]),
        client: text(&record["properties"]["clientInfo"]),
        status: record["properties"]["httpStatusCode"].as_u64().unwrap_or_default(),
        time: ticks(&step["time"]),
        record: record.clone(),
    }
}

#[test]
fn every_look_alike_shows_its_signature() {
    let found = instances();
    let mut wrong = Vec::new();
    for signature in SIGNATURES {
        let own = found.get(signature.name).map_or(&[][..], Vec::as_slice);
        if own.is_empty() {
            wrong.push(format!("no whole instance of {}", signature.name));
        }
        for instance in own {
            let shown: BTreeSet<&str> =
                instance.steps.iter().map(|step| &*step.operation).collect();
            let lacks = signature.always.iter().filter(|operation| !shown.contains(*operation));
            wrong.extend(lacks.map(|operation| format!("{} lacks {operation}", instance.id())));
            let has = signature.never.iter().filter(|operation| shown.contains(*operation));
            wrong.extend(has.map(|operation| format!("{} has {operation}", instance.id())));
            if !(signature.holds)(instance) {
                wrong.push(format!("{} does not hold: {}", instance.id(), instance.campaign));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_why_it_exists_and_whose_twin_it_is() {
    let files = scenario_files("look-alikes");
    for signature in SIGNATURES {
        let file = format!("{}.toml", signature.name);
        let text = &files.iter().find(|(name, _)| *name == file).unwrap().1;
        for part in ["# Why it exists: ", "# Twin of: ", "# Source: "] {
            assert!(text.contains(part), "{file} lacks {part}");
        }
    }
    assert!(SIGNATURES.len() >= 20);
}

/// Only the security test is authorised; the others are nobody's permission and nobody's attack.
#[test]
fn only_the_security_test_is_authorised() {
    for campaign in corpus().truth_lines("campaign") {
        let authorised = campaign["attack"] == "security-test";
        let class = if authorised { "authorised" } else { "look_alike" };
        assert_eq!(campaign["class"], class, "{campaign}");
    }
}

#[test]
fn what_moves_keeps_its_name_and_gets_the_address_and_version_of_the_new_vault() {
    let mut moved = 0;
    for instance in instances().remove("vault-migration").unwrap() {
        for set in instance.of("SecretSet") {
            let (vault, object) = set.object.as_ref().unwrap();
            assert_eq!(*vault, set.vault);
            let properties = &set.record["properties"];
            let host = format!("https://{vault}.vault.azure.net/{object}");
            let uri = properties["requestUri"].as_str().unwrap();
            let id = properties["id"].as_str().unwrap();
            assert!(uri.to_lowercase().starts_with(&format!("{host}?")), "{uri} for {host}");
            assert!(id.to_lowercase().starts_with(&format!("{host}/")), "{id}");
            let version = id.rsplit_once('/').unwrap().1;
            let old = instance.succeeded("SecretGet").find(|read| name(read) == object).unwrap();
            assert!(!old.record["properties"]["id"].as_str().unwrap().ends_with(version));
            moved += 1;
        }
    }
    assert!(moved > 20);
}

#[test]
fn no_instance_is_empty_on_the_default_estate() {
    let scored_days = 13.0;
    for seed in [3, 4] {
        let corpus = Corpus::of(|plan| {
            plan.estate = estate_with(&[("max = 5200", "max = 2")]);
            plan.attacks.clear();
            (plan.seed, plan.events, plan.days, plan.warmup_days) = (seed, None, 14, 1);
        });
        for (file, text) in scenario_files("look-alikes") {
            let instances: f64 = number_after(&text, "instances = ");
            let recurring = text.contains("recurring = true");
            let days = if recurring { 14.0 / scored_days } else { 1.0 };
            let expected = (instances * days).round() as u64;
            let name = file.trim_end_matches(".toml");
            assert_eq!(corpus.manifest.campaigns.get(name), Some(&expected), "{name}");
        }
    }
}

fn number_after(text: &str, key: &str) -> f64 {
    let rest = &text[text.find(key).unwrap() + key.len()..];
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

/// Whoever is missing, the others go on; without anybody nothing is staged at all.
#[test]
fn estates_without_somebody_skip_what_needs_him() {
    const MISSING: &[(&str, &str)] = &[
        ("users = 64", "users = 0"),
        ("guests = 6", "guests = 0"),
        ("groups = 8", "groups = 0"),
        ("pollers = 96", "pollers = 0"),
        ("startups = 34", "startups = 0"),
        ("cryptography = 14", "cryptography = 0"),
        ("pipelines = 6", "pipelines = 0"),
        ("backups = 2", "backups = 0"),
        ("compliance = 2", "compliance = 0"),
        ("reserves = 48", "reserves = 0"),
        ("keys_share = 0.3", "keys_share = 0.0"),
        ("subscriptions = 3", "subscriptions = 1"),
        ("count = 56", "count = 1"),
    ];
    let staged = |estate: Estate| {
        let corpus = Corpus::of(|plan| {
            plan.estate = estate;
            plan.attacks.clear();
            (plan.events, plan.days) = (None, 2);
        });
        corpus.manifest.campaigns
    };
    for change in MISSING {
        let campaigns = staged(estate_with(&[*change, ("max = 5200", "max = 2")]));
        assert!(campaigns.len() > 8, "{change:?}: {campaigns:?}");
    }
    let (_, text) =
        scenario_files("estates").into_iter().find(|(name, _)| name == "midsize.toml").unwrap();
    let mut text = MISSING[..10].iter().fold(text, |text, (from, to)| text.replacen(from, to, 1));
    for list in ["administrators = [", "automation = [", "integrations = ["] {
        let start = text.find(list).unwrap() + list.len();
        let end = start + text[start..].find("\n]").unwrap();
        text.replace_range(start..=end, "");
    }
    let campaigns = staged(Estate::parse("nobody.toml", &text).unwrap());
    assert!(campaigns.is_empty(), "{campaigns:?}");
}
