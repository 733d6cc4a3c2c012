//! The fields whose values are words of a fixed vocabulary, seen as bit sets.

use crate::event::{
    Access, Change, CredentialType, Event, Field, GrantScope, IdentityKind, Outcome, Plane,
};

/// A field whose values are words; a value is the bit at its member's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordField {
    Plane,
    Access,
    Outcome,
    IdentityKind,
    CredentialType,
    Change,
    GrantScope,
}

impl WordField {
    /// The word field behind a canonical field.
    pub(super) fn of(field: Field) -> Option<Self> {
        match field {
            Field::Plane => Some(Self::Plane),
            Field::Access => Some(Self::Access),
            Field::Outcome => Some(Self::Outcome),
            Field::IdentityKind => Some(Self::IdentityKind),
            Field::CredentialType => Some(Self::CredentialType),
            Field::Change => Some(Self::Change),
            Field::GrantScope => Some(Self::GrantScope),
            _ => None,
        }
    }

    /// Every word, the one at place `n` for bit `n`.
    pub(super) fn words(self) -> Vec<&'static str> {
        match self {
            Self::Plane => Plane::ALL.iter().map(|member| member.word()).collect(),
            Self::Access => Access::ALL.iter().map(|member| member.word()).collect(),
            Self::Outcome => Outcome::ALL.iter().map(|member| member.word()).collect(),
            Self::IdentityKind => IdentityKind::ALL.iter().map(|member| member.word()).collect(),
            Self::CredentialType => {
                CredentialType::ALL.iter().map(|member| member.word()).collect()
            }
            Self::Change => Change::ALL.iter().map(|member| member.word()).collect(),
            Self::GrantScope => GrantScope::ALL.iter().map(|member| member.word()).collect(),
        }
    }

    /// The set of values that mean that the record lacks the field, as
    /// [`EventView::value`](crate::event::EventView::value) has it.
    pub(super) fn absent(self) -> u16 {
        match self {
            Self::CredentialType | Self::Change | Self::GrantScope => 1,
            Self::Plane | Self::Access | Self::Outcome | Self::IdentityKind => 0,
        }
    }

    /// The set of every value.
    pub(super) fn all(self) -> u16 {
        (1 << self.words().len()) - 1
    }

    /// The event's value as a set of one.
    pub(super) fn bit(self, event: &Event) -> u16 {
        1 << match self {
            Self::Plane => event.plane as u16,
            Self::Access => event.access as u16,
            Self::Outcome => event.outcome as u16,
            Self::IdentityKind => event.identity_kind as u16,
            Self::CredentialType => event.credential_type as u16,
            Self::Change => event.change as u16,
            Self::GrantScope => event.grant_scope as u16,
        }
    }
}
