//! A request that was refused, or the world failing.

use crate::domain::refusal::Refusal;
use crate::store::StoreError;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum BillingError {
    /// The request was understood and refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The books failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
