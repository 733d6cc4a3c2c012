//! The adversary's dials: how hard a campaign tries not to be seen. Every attack has the same ones,
//! in the same words, once for the plain variant and once for the evasive one.

use serde::Deserialize;

use crate::random::Stream;
use crate::scenario::{CountRange, DaysRange, SecondsRange, Share, SittingHours};
use crate::time::{HOUR, Ticks};

/// The dials of one attack file.
#[derive(Debug, Clone)]
pub(crate) struct Adversary {
    pub(super) evasive_share: Share,
    pub(super) plain: Dials,
    pub(super) evasive: Dials,
}

/// The ranges one variant draws from. A share is that of campaigns where not said otherwise.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dials {
    /// Between two calls; one campaign keeps its pace.
    gap_seconds: SecondsRange,
    /// Begins when the victim usually works.
    working_hours_share: Share,
    /// Of the targets: vaults that the victim uses anyway, its own objects first.
    inside_history_share: Share,
    /// Calls from where the victim does; the others from where somebody of its kind does.
    same_block_share: Share,
    /// Says that it is the victim's client; the others bring one that somebody of its kind uses.
    copied_client_share: Share,
    /// Lists before it reads; the others know the names.
    list_share: Share,
    /// Accounts that share the work.
    identities: CountRange,
    /// From one sitting to the next; 0 is a single sitting.
    pause_days: DaysRange,
    /// Days of growing volume before the full one, which an adaptive baseline learns from.
    ramp_up_days: DaysRange,
    /// Acts as somebody whom rules except: administrator, automation, integration, pipeline.
    excepted_share: Share,
    /// Begins in the maintenance window, Sundays from 02:00 to 04:00 UTC.
    maintenance_share: Share,
    /// No sitting lasts longer: the pace is raised where it would.
    #[serde(default = "SittingHours::usual")]
    sitting_hours: SittingHours,
}

impl SittingHours {
    /// Half a working day, which few stay at a stolen account.
    const fn usual() -> Self {
        Self(4.0)
    }
}

/// Where the dials stand for one campaign.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(super) evasive: bool,
    pub(super) gap_seconds: f64,
    pub(super) working_hours: bool,
    pub(super) inside_history_share: Share,
    pub(super) same_block: bool,
    pub(super) copied_client: bool,
    pub(super) lists: bool,
    pub(super) identities: usize,
    pub(super) pause_days: f64,
    pub(super) ramp_up_days: f64,
    pub(super) excepted: bool,
    pub(super) maintenance: bool,
    pub(super) sitting: Ticks,
}

impl Adversary {
    /// Turns the dials for campaign `number`. Variants alternate as their share says, so that a
    /// handful of campaigns has both.
    pub(super) fn turn(&self, number: usize, stream: &mut Stream) -> Settings {
        let evasive_before = |count: usize| libm::floor(count as f64 * self.evasive_share.0);
        let evasive = evasive_before(number + 1) > evasive_before(number);
        let dials = if evasive { &self.evasive } else { &self.plain };
        let mut decide = |share: Share| stream.chance(share.0);
        let (working_hours, same_block, copied_client) = (
            decide(dials.working_hours_share),
            decide(dials.same_block_share),
            decide(dials.copied_client_share),
        );
        let (lists, excepted, maintenance) = (
            decide(dials.list_share),
            decide(dials.excepted_share),
            decide(dials.maintenance_share),
        );
        Settings {
            evasive,
            gap_seconds: dials.gap_seconds.draw(stream),
            working_hours,
            inside_history_share: dials.inside_history_share,
            same_block,
            copied_client,
            lists,
            identities: dials.identities.draw_count(stream).max(1),
            pause_days: dials.pause_days.draw(stream),
            ramp_up_days: dials.ramp_up_days.draw(stream),
            excepted,
            maintenance,
            sitting: (dials.sitting_hours.0 * HOUR as f64) as Ticks,
        }
    }
}

/// Sittings of a campaign that pauses and does not ramp up.
const SITTINGS: usize = 3;

impl Settings {
    /// Sittings, and the days from one to the next.
    pub(super) fn sittings(&self) -> (usize, f64) {
        if self.ramp_up_days > 0.0 {
            let apart = self.pause_days.max(1.0);
            (1 + libm::ceil(self.ramp_up_days / apart) as usize, apart)
        } else if self.pause_days > 0.0 {
            (SITTINGS, self.pause_days)
        } else {
            (1, 0.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIALS: &str = r#"
        gap_seconds = [1, 2]
        working_hours_share = 1
        inside_history_share = 0
        same_block_share = 0
        copied_client_share = 1
        list_share = 0
        identities = [1, 3]
        pause_days = [0, 0]
        ramp_up_days = [0, 0]
        excepted_share = 0
        maintenance_share = 1
    "#;

    fn adversary(evasive_share: f64) -> Adversary {
        let dials: Dials = toml::from_str(DIALS).unwrap();
        Adversary { evasive_share: Share(evasive_share), plain: dials, evasive: dials }
    }

    #[test]
    fn both_variants_occur_in_their_share_from_the_second_campaign_on() {
        let evasive = |share: f64, count: usize| {
            let mut stream = Stream::new(1, "dials", 0, 0);
            let adversary = adversary(share);
            (0..count).filter(|&number| adversary.turn(number, &mut stream).evasive).count()
        };
        assert_eq!((evasive(0.5, 2), evasive(0.5, 9), evasive(0.25, 8)), (1, 4, 2));
        assert_eq!((evasive(0.0, 9), evasive(1.0, 9)), (0, 9));
    }

    #[test]
    fn a_dial_at_one_is_on_and_one_at_zero_is_off() {
        let mut stream = Stream::new(1, "dials", 0, 0);
        for number in 0..100 {
            let settings = adversary(0.5).turn(number, &mut stream);
            assert!(settings.working_hours && settings.copied_client && settings.maintenance);
            assert!(!settings.same_block && !settings.lists && !settings.excepted);
            assert!((1.0..=2.0).contains(&settings.gap_seconds));
            assert!((1..=3).contains(&settings.identities));
            assert_eq!(settings.sittings(), (1, 0.0));
        }
    }

    #[test]
    fn ramps_have_a_sitting_a_day_and_pauses_part_three() {
        let mut stream = Stream::new(1, "dials", 0, 0);
        let settings = adversary(0.5).turn(0, &mut stream);
        let with =
            |pause_days, ramp_up_days| Settings { pause_days, ramp_up_days, ..settings }.sittings();
        assert_eq!(with(2.5, 0.0), (3, 2.5));
        assert_eq!(with(0.0, 3.2), (5, 1.0));
        assert_eq!(with(2.0, 6.0), (4, 2.0));
    }
}
