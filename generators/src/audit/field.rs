//! The fields of a record that could betray who wrote it, by the names attack files and reports
//! use.

use serde::{Deserialize, Serialize};

macro_rules! fields {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// One thing that can be seen on a record.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize
        )]
        pub enum Field {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+
        }

        impl Field {
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

fields! {
    /// A call (operation, outcome, kind of identity) that nobody benign makes.
    Call = "call",
    /// The client's whole string.
    Client = "client",
    /// The client's string without version and platform.
    ClientFamily = "client_family",
    /// The API version of the call.
    ApiVersion = "api_version",
    /// The TLS version.
    Tls = "tls",
    /// The /24 of the caller.
    AddressBlock = "address_block",
    /// The /16 of the caller, as far as it is not learned: private or public.
    AddressPool = "address_pool",
    /// Whether the token was issued to the calling address.
    TokenAddress = "token_address",
    /// The application that the token was issued to.
    Application = "application",
    /// How the vault was reached, and which model let the caller in.
    Admission = "admission",
    /// The opening words of the result's description.
    Description = "description",
    /// The shape of the request's address: port, closing slash, parameters.
    Query = "query",
    /// Top-level keys in their order.
    Keys = "keys",
    /// Keys of the token's claims in their order.
    ClaimKeys = "claim_keys",
    /// Keys of the properties in their order.
    PropertyKeys = "property_keys",
    /// Fixed words of the record's head: category, level, location, release.
    Header = "header",
    /// The digits of the correlation id that follow a pattern.
    CorrelationPattern = "correlation_pattern",
    /// Zeros that the time ends in.
    TimeDigits = "time_digits",
    /// The fraction of the second.
    Subsecond = "subsecond",
    /// Hour of the UTC day.
    Hour = "hour",
    /// Day of the week.
    Weekday = "weekday",
    /// What the service took.
    Duration = "duration",
    /// Bytes of the record.
    Size = "size",
    /// From the event to its arrival.
    Delay = "delay",
}
