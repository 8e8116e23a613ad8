//! The dialplan that calls the two programs.

/// What Asterisk is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Asterisk by itself.
    Plain,
    /// OpenBTS, with Range's dialplan.
    OpenBts,
    /// FreePBX or Issabel.
    FreePbx,
}

/// Returns the dialplan for it, ready to be included, which fails closed.
#[must_use]
pub const fn sample(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Plain => include_str!("../../agi-bin/extensions-plain.conf"),
        Flavour::OpenBts => include_str!("../../agi-bin/extensions-openbts.conf"),
        Flavour::FreePbx => include_str!("../../agi-bin/extensions-freepbx.conf"),
    }
}
