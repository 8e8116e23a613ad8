//! Tariffs: rates, the prices that they give, and looks at both.

pub(super) mod compare;
pub(super) mod import;
pub(super) mod lint;
pub(super) mod rating;
pub(super) mod replay;
pub(super) mod side_by_side;
pub(super) mod tariff;
