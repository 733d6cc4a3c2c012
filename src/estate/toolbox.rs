//! The clients of a cast: which string goes with which versions, and who uses which.
//!
//! Contract: what is called with stays on its plane. An identity that only the management plane knows
//! calls vaults with the client that most of its like use; nobody calls them with one that none of the
//! logs' calls to vaults has.

use std::collections::BTreeMap;

use vaultdrill_generators::CastClient;

use super::caller::Caller;
use super::fit::Fit;
use super::places::Tool;

/// Where no record says which.
const USUAL_API_VERSION: &str = "7.4";
const USUAL_ARM_API_VERSION: &str = "2023-07-01";
const USUAL_TLS_VERSION: &str = "TLS1_3";

/// The clients so far: one for each string, in their order, then one for each pair that was needed.
#[derive(Debug)]
pub(super) struct Toolbox<'f> {
    tools: &'f [Tool],
    clients: Vec<CastClient>,
    /// What people, and services, call vaults with most: `[others, portal]` each.
    usual: [[Option<u32>; 2]; 2],
    /// For strings of both planes: one to call vaults with, one for the management plane.
    paired: BTreeMap<(u32, u32), usize>,
}

impl<'f> Toolbox<'f> {
    pub(super) fn of(fit: &'f Fit) -> Self {
        let tools = fit.tools.all.as_slice();
        let managing = managing_clients(fit);
        let mut clients: Vec<CastClient> = (0..tools.len() as u32)
            .map(|number| client(tools, number, managing.get(&number).copied()))
            .collect();
        // Where people have nothing but the portal, their scripts are the portal's.
        if !clients.iter().any(|client| client.people) {
            clients.iter_mut().for_each(|client| client.people = client.portal);
        }
        let usual = [true, false].map(|person| usual(fit, person));
        Self { tools, clients, usual, paired: BTreeMap::new() }
    }

    pub(super) fn into_clients(self) -> Vec<CastClient> {
        self.clients
    }

    /// Indexes of somebody's clients: of a person the portal and the other one most used, else the most
    /// used twice.
    pub(super) fn of_caller(&mut self, caller: &Caller) -> Option<[usize; 2]> {
        if !caller.is_person() {
            return Some([self.find(caller, None)?; 2]);
        }
        Some([self.find(caller, Some(true))?, self.find(caller, Some(false))?])
    }

    /// Its own client for vaults, of the portal or not where that matters and it has one; else that of its
    /// like beside its own for the management plane.
    fn find(&mut self, caller: &Caller, portal: Option<bool>) -> Option<usize> {
        let tools = self.tools;
        let wanted =
            |number: u32| portal.is_none_or(|portal| tools[number as usize].is_portal() == portal);
        let own = |fit: &dyn Fn(u32) -> bool| caller.clients.top_where(fit);
        if let Some(number) = own(&wanted).or_else(|| own(&|_| true)) {
            return Some(number as usize);
        }
        let [other, browser] = self.usual[usize::from(!caller.is_person())];
        let alike = if portal == Some(true) { browser.or(other) } else { other.or(browser) };
        let [strange, _] = self.usual[usize::from(caller.is_person())];
        let data = alike.or(strange)?;
        let managing = |fit: &dyn Fn(u32) -> bool| caller.managing.top_where(fit);
        let Some(arm) = managing(&wanted).or_else(|| managing(&|_| true)) else {
            return Some(data as usize);
        };
        let (clients, tools) = (&mut self.clients, self.tools);
        let index = *self.paired.entry((data, arm)).or_insert_with(|| {
            // Nobody else comes across it: it is of those who have it.
            let pair = client(tools, data, Some(arm));
            clients.push(CastClient { portal: pair.portal, people: false, ..pair });
            clients.len() - 1
        });
        Some(index)
    }
}

/// A client string with the one that calls the management plane for it.
fn client(tools: &[Tool], number: u32, arm: Option<u32>) -> CastClient {
    let tool = &tools[number as usize];
    let arm = arm.map(|arm| &tools[arm as usize]);
    let calls_vaults = tool.using > 0;
    CastClient {
        agent: tool.agent.clone(),
        arm_agent: arm.map(|arm| arm.agent.clone()),
        api_version: version(tools, &tool.api_version, |tool| (&tool.api_version, tool.using))
            .unwrap_or(USUAL_API_VERSION)
            .to_owned(),
        arm_api_version: version(tools, arm.map_or("", |arm| &arm.arm_api_version), |tool| {
            (&tool.arm_api_version, tool.managing)
        })
        .unwrap_or(USUAL_ARM_API_VERSION)
        .to_owned(),
        tls: version(tools, &tool.tls_version, |tool| (&tool.tls_version, tool.using))
            .unwrap_or(USUAL_TLS_VERSION)
            .to_owned(),
        challenge: (tool.challenges as f64 / tool.calls.max(1) as f64).min(1.0),
        portal: calls_vaults && tool.is_portal(),
        people: calls_vaults && tool.apps.len() > 0 && !tool.is_portal(),
        app_id: tool.apps.top_where(|_| true),
    }
}

/// A client's own version, or that of most requests.
fn version<'t>(
    tools: &'t [Tool],
    own: &'t str,
    of: impl Fn(&'t Tool) -> (&'t String, u64),
) -> Option<&'t str> {
    if !own.is_empty() {
        return Some(own);
    }
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (text, count) in tools.iter().map(of).filter(|(text, _)| !text.is_empty()) {
        *counts.entry(text).or_default() += count;
    }
    top(counts)
}

/// What people or services call vaults with most, `[others, portal]`.
fn usual(fit: &Fit, person: bool) -> [Option<u32>; 2] {
    let mut counts: [BTreeMap<u32, u64>; 2] = Default::default();
    for caller in fit.callers.all.iter().filter(|caller| caller.is_person() == person) {
        for (number, count) in caller.clients.iter() {
            let portal = fit.tools.all[number as usize].is_portal();
            *counts[usize::from(portal)].entry(number).or_default() += count;
        }
    }
    counts.map(top)
}

/// With which string those who use a client call the management plane, most of the time; where none of
/// them does, what most use there.
fn managing_clients(fit: &Fit) -> BTreeMap<u32, u32> {
    let is_portal = |number: u32| fit.tools.all[number as usize].is_portal();
    let mut pairs: BTreeMap<u32, BTreeMap<u32, u64>> = BTreeMap::new();
    let mut all: [BTreeMap<u32, u64>; 2] = Default::default();
    for caller in &fit.callers.all {
        for (arm, count) in caller.managing.iter() {
            *all[usize::from(is_portal(arm))].entry(arm).or_default() += count;
        }
        for (client, _) in caller.clients.iter() {
            let alike = |&(arm, _): &(u32, u64)| is_portal(arm) == is_portal(client);
            for (arm, count) in caller.managing.iter().filter(alike) {
                *pairs.entry(client).or_default().entry(arm).or_default() += count;
            }
        }
    }
    let usual = all.map(top);
    let numbers = 0..fit.tools.all.len() as u32;
    let found = numbers.filter_map(|client| {
        let own = pairs.remove(&client).and_then(top);
        Some((client, own.or(usual[usize::from(is_portal(client))])?))
    });
    found.collect()
}

/// The key of the highest count; of equals the first.
pub(super) fn top<K: Ord>(counts: BTreeMap<K, u64>) -> Option<K> {
    counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0))).map(|(key, _)| key)
}
