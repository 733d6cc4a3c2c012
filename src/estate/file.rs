//! The estate file of measured figures: what differs from the base, each figure with how it was measured.
//!
//! Contract: it parses as an estate, and holds no name, id, address or domain of the logs. Counts of
//! identities, vaults and subscriptions are exact; rates, sizes and delays have three digits.

use std::fmt::Write;

use vaultdrill_generators::Position;

use super::figures::{Figures, Lateness, Law, Spread};

/// The estate that the file builds on, for all that logs cannot say.
pub const BASE: &str = "midsize";

/// Applications that the file declares; object and application ids of its own.
const MOST_DECLARED: usize = 200;
/// Where figures of services that follow demand are asked for, and those of all services were measured:
/// timers among them flatten the curve, in the base estate to half.
const FLATTENED: f64 = 2.0;

/// The text of the file.
pub fn estate_file(figures: &Figures) -> String {
    let mut file = File::default();
    file.head(figures);
    file.vaults(figures);
    file.identities(figures);
    file.services(figures);
    file.people(figures);
    file.times(figures);
    file.errors(figures);
    file.delivery(figures);
    file.text
}

/// The file while it is written.
#[derive(Default)]
struct File {
    text: String,
}

impl File {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn table(&mut self, name: &str) {
        self.line(&format!("\n[{name}]"));
    }

    /// A key with its value, and how that was measured.
    fn key(&mut self, key: &str, value: impl std::fmt::Display, how: &str) {
        writeln!(self.text, "{:<34}# {how}", format!("{key} = {value} "))
            .expect("writing to a String cannot fail");
    }

    fn head(&mut self, figures: &Figures) {
        let Figures { days, events_per_day, .. } = figures;
        self.line(&format!(
            "# An estate fitted to somebody's own logs: {days} days of about {} records each.",
            rounded(*events_per_day)
        ));
        self.line("#");
        self.line("# Why it exists: to generate traffic like that of the logs, and to share it without them.");
        self.line("# It names nobody and nothing: every figure was measured on counts, and says how. What");
        self.line("# logs cannot say is what the base assumes.");
        self.line("");
        self.key("schema_version", 1, "of this form");
        self.key("extends", format!("\"{BASE}\""), "for all that is not here");
        self.key("domain", "\"fitted.example\"", "made up");
        self.key("subscriptions", figures.subscriptions, "different ones of vaults");
    }

    fn vaults(&mut self, figures: &Figures) {
        self.table("vaults");
        self.key("count", figures.vaults.clamp(1, 50_000), "vaults seen for more than a day");
        let whole = figures.private.min(1.0);
        self.key("access_policy_share", share(figures.access_policies), "records name a policy");
        self.key(
            "firewalled_share",
            share(figures.firewalled.min(1.0 - whole)),
            "an address was checked",
        );
        self.key("private_share", share(whole), "callers came through private endpoints");
        self.key("unlogged_share", share(figures.unlogged), "only the Activity Log names them");
        self.key("secrets", law(figures.secrets, 10_000.0), "secrets used, by vault");
        self.key("keys_share", share(figures.keys_share), "vaults with a key in use");
        self.key("keys", counts(figures.keys), "keys used in those");
        self.key("certificates_share", share(figures.certificates_share), "likewise");
        self.key("certificates", counts(figures.certificates), "likewise");
    }

    fn identities(&mut self, figures: &Figures) {
        let count = |position| figures.positions.get(&position).copied().unwrap_or(0).min(50_000);
        self.table("identities");
        self.line("# Kinds are told by behaviour: sites, clusters' drivers and the like count as pollers.");
        let admins = 1..=count(Position::Administrator).min(MOST_DECLARED);
        let admins: Vec<String> =
            admins.map(|n| format!("\"administrator-{n}@fitted.example\"")).collect();
        self.key(
            "administrators",
            format!("[{}]", admins.join(", ")),
            "people who often change who has access",
        );
        for (key, position, how) in [
            ("users", Position::User, "people"),
            ("guests", Position::Guest, "people of other directories"),
            ("pollers", Position::Poller, "services that do none of what follows"),
            ("startups", Position::Startup, "services that list and then read many"),
            ("cryptography", Position::Cryptography, "services that use keys"),
            ("gateways", Position::Gateway, "services that read certificates"),
            ("rotations", Position::Rotation, "services that set new values"),
            ("pipelines", Position::Pipeline, "the same as startups, from ever new addresses"),
            ("backups", Position::Backup, "services that copy"),
        ] {
            self.key(key, count(position), how);
        }
        self.key("reserves", figures.reserves, "services seen on one or two days");
        for key in ["secrets_stores", "external_secrets", "app_services", "compliance"] {
            self.key(key, 0, "not told apart from pollers and startups");
        }
        self.apps("automation", count(Position::Automation), 1, "services that write vaults");
        self.apps("integrations", count(Position::Integration), 2, "those that do nothing else");
        self.apps(
            "front_doors",
            count(Position::FrontDoor),
            3,
            "Microsoft's readers of certificates",
        );
    }

    /// Applications with ids of their own.
    fn apps(&mut self, key: &str, count: usize, kind: u8, how: &str) {
        let app = |number: usize| {
            format!(
                "{{ name = \"{}-{number}\", app_id = \"00000000-0000-4000-8000-0000000{kind}{number:04x}\" }}",
                key.trim_end_matches('s')
            )
        };
        let apps: Vec<String> = (1..=count.min(MOST_DECLARED)).map(app).collect();
        self.key(key, format!("[{}]", apps.join(", ")), how);
    }

    fn services(&mut self, figures: &Figures) {
        self.table("poller");
        self.key(
            "events_per_day",
            law(figures.poller, 1e6),
            "records of each, then so that all is the total",
        );
        self.key("objects", counts(figures.poller_objects), "objects each reads");
        self.key(
            "vaults",
            format!(
                "{{ one_share = {}, most = {} }}",
                share(figures.poller_vaults_one),
                figures.poller_vaults_most.clamp(2, 50_000)
            ),
            "vaults each calls",
        );
        self.table("startup");
        self.key("restarts_per_day", law(figures.restarts, 1_440.0), "lists of each");
        self.key("instances", "[1, 1]", "each list is counted");
        self.key("refresh_share", 0, "likewise");
        self.table("pipelines");
        self.key("runs_per_day", law(figures.runs, 1_440.0), "lists of each");
        self.table("infrastructure");
        self.key("plans_per_day", at_most(figures.plans_per_day, 1_440.0), "sittings of each");
        self.table("scanner");
        self.key("scans_per_day", at_most(figures.scans_per_day, 1_440.0), "sittings of each");
        self.table("ephemeral");
        let vaults = figures.short_lived_per_day.min(1_440.0);
        self.key("vaults_per_day", number(vaults), "vaults that came and went within a day");
        if !figures.positions.contains_key(&Position::BackupService) {
            self.table("backup_services");
            self.key("objects", "[0, 0]", "none was seen");
        }
    }

    fn people(&mut self, figures: &Figures) {
        self.table("humans");
        self.key("sessions_per_day", law(figures.sessions, 1_440.0), "sittings of each person");
        self.key("vaults", counts(figures.person_vaults), "vaults each calls");
        self.key("portal_share", share(figures.portal_share), "people who mostly use a browser");
        let writes = figures.person_writes_per_day.min(1_440.0);
        self.key("writes_per_day", number(writes), "changes by people who are no administrators");
    }

    fn times(&mut self, figures: &Figures) {
        let [people, services] = figures.peak_to_trough;
        let [people_weekend, services_weekend] = figures.weekend;
        let demand = 1.0 + (services - 1.0).max(0.0) * FLATTENED;
        self.table("rhythm");
        self.key(
            "workload_peak_to_trough",
            at_most(demand, 1_000.0),
            "all services' hours, timers taken out",
        );
        self.key(
            "human_peak_to_trough",
            at_most(people.max(1.0), 1_000.0),
            "people's hours, three at each end",
        );
        if let Some(weekend) = services_weekend {
            let demand = (1.0 - (1.0 - weekend) * FLATTENED).max(0.0);
            self.key("workload_weekend", share(demand), "all services' days, timers taken out");
        }
        if let Some(weekend) = people_weekend {
            self.key("human_weekend", share(weekend), "people's days");
        }
        self.key("peak_hour", figures.peak_hour, "UTC, people's busiest");
    }

    fn errors(&mut self, figures: &Figures) {
        self.table("errors");
        self.key("denied_share", share(figures.denied), "services' 403, of all records");
        self.key("not_found_share", share(figures.not_found), "services' 404, of all records");
        self.key("throttled_share", share(figures.throttled), "services' 429, of all records");
        self.table("novelty");
        self.key(
            "late_identities_share",
            share(figures.late_identities),
            "pollers new in the second half, twice",
        );
        self.key(
            "new_vault_edges_per_day",
            share(figures.new_pairs_per_day),
            "pairs new in the second half",
        );
        let Spread { low, high } = figures.address_days;
        let days = |value: f64| at_most(value.max(0.5), 3_653.0);
        self.key(
            "address_days",
            format!("[{}, {}]", days(low), days(high.max(low))),
            "days by addresses, of each",
        );
    }

    fn delivery(&mut self, figures: &Figures) {
        self.table("delivery");
        let [data, control] = figures.lateness;
        if data.or(control).is_none() {
            self.line("# The logs do not say when a record arrived: each comes as it happens.");
            let none = "{ floor_seconds = 0, median_seconds = 0, sigma = 0, max_seconds = 0 }";
            self.key("data", none, "no arrivals");
            self.key("control", none, "no arrivals");
            self.key("flush_seconds", 1, "no arrivals");
            self.key("duplicate_share", 0, "no arrivals");
            self.key("late_hours_per_vault_day", 0, "no arrivals");
            return;
        }
        for (key, lateness) in [("data", data), ("control", control)] {
            if let Some(lateness) = lateness {
                self.key(key, delay(lateness), "arrival less event time");
            }
        }
    }
}

fn delay(Lateness { floor, median, sigma, max }: Lateness) -> String {
    const WEEK_SECONDS: f64 = 7.0 * 86_400.0;
    let seconds = |value: f64| at_most(value, WEEK_SECONDS);
    format!(
        "{{ floor_seconds = {}, median_seconds = {}, sigma = {}, max_seconds = {} }}",
        seconds(floor),
        seconds(median),
        number(sigma),
        seconds(max)
    )
}

fn law(Law { median, sigma, max }: Law, most: f64) -> String {
    let (median, max) = (at_most(median, most), at_most(max, most));
    format!("{{ median = {median}, sigma = {}, max = {max} }}", number(sigma))
}

/// Whole numbers of things, at least one.
fn counts(Spread { low, high }: Spread) -> String {
    let whole = |value: f64| value.round().clamp(1.0, 10_000.0);
    format!("[{}, {}]", whole(low), whole(high.max(low)))
}

fn share(value: f64) -> String {
    format!("{}", (value.clamp(0.0, 1.0) * 1e5).round() / 1e5)
}

/// Three significant digits.
fn number(value: f64) -> String {
    if value <= 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let digits = 10_f64.powi(2 - value.log10().floor() as i32);
    format!("{}", (value * digits).round() / digits)
}

/// The same, but `most` where rounding would lead beyond it: what reads the file refuses more.
fn at_most(value: f64, most: f64) -> String {
    let text = number(value.min(most));
    if text.parse().is_ok_and(|rounded: f64| rounded > most) { most.to_string() } else { text }
}

fn rounded(value: f64) -> String {
    number(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_leads_beyond_no_bound() {
        assert_eq!(at_most(604_799.0, 604_800.0), "604800");
        assert_eq!(at_most(1e9, 604_800.0), "604800");
        assert_eq!(
            (at_most(3_653.0, 3_653.0), at_most(12.34, 50.0)),
            ("3650".to_owned(), "12.3".to_owned())
        );
        let years = Lateness { floor: 1e9, median: 2e9, sigma: 1.0, max: 3e9 };
        assert_eq!(
            delay(years),
            "{ floor_seconds = 604800, median_seconds = 604800, sigma = 1, max_seconds = 604800 }"
        );
    }

    #[test]
    fn numbers_have_three_digits() {
        for (value, text) in [
            (0.0, "0"),
            (-1.0, "0"),
            (f64::NAN, "0"),
            (12_345.0, "12300"),
            (0.001_234_5, "0.00123"),
            (1.0, "1"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!((share(1.5), share(0.123_456_7)), ("1".to_owned(), "0.12346".to_owned()));
    }
}
