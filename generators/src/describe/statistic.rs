//! The figures, by the names that estate files and reports use.

use serde::{Deserialize, Serialize};

macro_rules! statistics {
    ($($variant:ident = $name:literal: $doc:literal,)+) => {
        /// One figure about a corpus.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Statistic {
            $(#[doc = $doc] #[serde(rename = $name)] $variant,)+
        }

        impl Statistic {
            /// All of them, in the order of reports.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name in files and reports.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

statistics! {
    RateCdf1 = "rate_cdf_1": "Share of services whose rate is their own with at most one event a day.",
    RateCdf10 = "rate_cdf_10": "With at most 10.",
    RateCdf24 = "rate_cdf_24": "With at most one an hour.",
    RateCdf288 = "rate_cdf_288": "With at most one in five minutes.",
    RateCdf1440 = "rate_cdf_1440": "With at most one a minute.",
    RateCdf10000 = "rate_cdf_10000": "With at most 10,000 a day.",
    RateCdf100000 = "rate_cdf_100000": "With at most 100,000 a day.",
    TopShare1 = "top_share_1": "Share of workload events that the busiest 1 % of workloads make.",
    TopShare10 = "top_share_10": "That the busiest 10 % make.",
    GapCv014 = "gap_cv_to_0.14": "Share of workloads whose gaps between activations vary by at most 0.14 of their mean.",
    GapCv1 = "gap_cv_to_1": "By 0.14 to 1.",
    GapCv2 = "gap_cv_to_2": "By 1 to 2.",
    GapCv4 = "gap_cv_to_4": "By 2 to 4.",
    GapCv10 = "gap_cv_to_10": "By 4 to 10.",
    GapCvMore = "gap_cv_above_10": "By more.",
    WorkloadPeak = "workload_peak_to_trough": "Workloads' activations on working days, busiest by quietest three hours.",
    PeoplePeak = "people_peak_to_trough": "The same of people.",
    WorkloadWeekend = "workload_weekend": "Workloads' activations on a weekend day by those on a working day.",
    PeopleWeekend = "people_weekend": "The same of people.",
    Share401 = "share_401": "Share of records with status 401.",
    Share403 = "share_403": "With 403.",
    Share404 = "share_404": "With 404.",
    Share429 = "share_429": "With 429.",
    NewVaultPairs = "new_vault_pairs_per_day": "Pairs of identity and vault that are new, of those active on a day after warm-up.",
    NewObjectPairs = "new_object_pairs_per_day": "Pairs of identity and object.",
    SizeGet = "size_bytes_secret_get": "Median bytes of a record of a successful SecretGet.",
    SizeList = "size_bytes_secret_list": "Of SecretList.",
    SizeBackup = "size_bytes_secret_backup": "Of SecretBackup.",
    SizeChallenge = "size_bytes_challenge": "Of an anonymous 401.",
    SizeDenied = "size_bytes_denied": "Of a 403.",
    SizeVaultGet = "size_bytes_vault_get": "Of VaultGet.",
    SizeVaultWrite = "size_bytes_vault_write": "Of VaultPut and VaultPatch.",
    DurationGet = "duration_ms_secret_get": "Median milliseconds of a successful SecretGet.",
    DurationList = "duration_ms_secret_list": "Of SecretList.",
    DurationBackup = "duration_ms_secret_backup": "Of SecretBackup.",
    DurationChallenge = "duration_ms_challenge": "Of an anonymous 401.",
    DurationDenied = "duration_ms_denied": "Of a 403.",
    DurationVaultGet = "duration_ms_vault_get": "Of VaultGet.",
    DurationVaultWrite = "duration_ms_vault_write": "Of VaultPut and VaultPatch.",
}
