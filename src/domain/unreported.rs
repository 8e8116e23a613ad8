//! What becomes of a hold whose call nobody reported the end of.

use super::words::words;

words! {
    /// What becomes of it once nobody can still be talking.
    Unreported, "what becomes of a hold that nobody reported: expected release, charge or keep", {
        /// It is given back: the call was free.
        Release = "release",
        /// Asterisk's own records say what it is charged.
        Charge = "charge",
        /// It stays held until somebody has looked.
        Keep = "keep",
    }
}
