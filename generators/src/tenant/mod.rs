//! The synthetic Azure tenant: what an estate file becomes for one seed. Vaults, objects,
//! identities, clients, and the addresses they use.

mod build;
mod client;
mod identity;
mod names;
mod network;
mod papers;
mod places;
mod played;
mod populate;
mod short_lived;
mod staff;
mod vault;
mod vaults;
mod world;

pub(crate) use client::Client;
pub(crate) use identity::{Group, Identity};
pub use identity::{Kind, Position};
pub(crate) use network::Passing;
pub use vault::Network;
pub(crate) use vault::{Collection, Model, Object, Vault};
pub(crate) use vaults::{ShortLived, Vaults};
pub(crate) use world::{Span, Tenant};
