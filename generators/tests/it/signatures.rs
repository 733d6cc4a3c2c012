//! What each look-alike is recognised by: operations that occur and that never do, who acts, and in
//! which order.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::common::ticks;

const SECOND: i64 = 10_000_000;
pub(crate) const HOUR: i64 = 3_600 * SECOND;
const GRANT: [&str; 3] = [
    "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE",
    "MICROSOFT.KEYVAULT/VAULTS/WRITE",
    "MICROSOFT.KEYVAULT/VAULTS/ACCESSPOLICIES/WRITE",
];
const REMOVAL: [&str; 3] = ["MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/DELETE", GRANT[1], GRANT[2]];

/// One record of an instance, and what truth says of it.
pub(crate) struct Step {
    pub(crate) operation: String,
    /// Vault and name of the object.
    pub(crate) object: Option<(String, String)>,
    /// Empty for the anonymous and for the Activity Log.
    pub(crate) caller: String,
    pub(crate) vault: String,
    address: String,
    client: String,
    status: u64,
    pub(crate) time: i64,
    pub(crate) record: Value,
}

/// One instance in the order of time.
pub(crate) struct Instance {
    pub(crate) campaign: Value,
    pub(crate) steps: Vec<Step>,
}

impl Instance {
    pub(crate) fn id(&self) -> &str {
        self.campaign["campaign_id"].as_str().unwrap()
    }

    fn parameter(&self, name: &str) -> &Value {
        &self.campaign["parameters"][name]
    }

    pub(crate) fn of<'a>(
        &'a self,
        operation: &'a str,
    ) -> impl DoubleEndedIterator<Item = &'a Step> {
        self.steps.iter().filter(move |step| step.operation == operation)
    }

    pub(crate) fn succeeded<'a>(
        &'a self,
        operation: &'a str,
    ) -> impl DoubleEndedIterator<Item = &'a Step> {
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
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    /// In every instance.
    pub(crate) always: &'static [&'static str],
    /// In no instance.
    pub(crate) never: &'static [&'static str],
    pub(crate) holds: fn(&Instance) -> bool,
}

pub(crate) const SIGNATURES: &[Signature] = &[
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

pub(crate) fn name(step: &Step) -> &str {
    &step.object.as_ref().unwrap().1
}

fn is_read(step: &Step) -> bool {
    matches!(&*step.operation, "SecretGet" | "KeyGet" | "CertificateGet") && step.status == 200
}

/// A step of truth and its record.
pub(crate) fn read(step: &Value, record: &Value) -> Step {
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
