//! Two lists in one order, walked together.

use std::cmp::Ordering;
use std::iter::Peekable;

/// Pairs the items of two lists that have the same key, and gives the others alone; both are in the order of
/// their keys.
pub(in crate::billing) struct SideBySide<A: Iterator, B: Iterator, F> {
    left: Peekable<A>,
    right: Peekable<B>,
    compare: F,
}

/// Walks two lists, whose items `compare` holds against each other.
pub(in crate::billing) fn side_by_side<A, B, F>(
    left: A,
    right: B,
    compare: F,
) -> SideBySide<A::IntoIter, B::IntoIter, F>
where
    A: IntoIterator,
    B: IntoIterator,
{
    SideBySide { left: left.into_iter().peekable(), right: right.into_iter().peekable(), compare }
}

impl<A, B, T, U, E, F> Iterator for SideBySide<A, B, F>
where
    A: Iterator<Item = Result<T, E>>,
    B: Iterator<Item = Result<U, E>>,
    F: Fn(&T, &U) -> Ordering,
{
    type Item = Result<(Option<T>, Option<U>), E>;

    fn next(&mut self) -> Option<Self::Item> {
        let order = match (self.left.peek(), self.right.peek()) {
            (None, None) => return None,
            (Some(Ok(left)), Some(Ok(right))) => (self.compare)(left, right),
            (Some(Err(_)), _) | (Some(_), None) => Ordering::Less,
            (None, Some(_)) | (_, Some(Err(_))) => Ordering::Greater,
        };
        let left = if order.is_le() { self.left.next().transpose() } else { Ok(None) };
        let right = if order.is_ge() { self.right.next().transpose() } else { Ok(None) };
        Some(left.and_then(|left| Ok((left, right?))))
    }
}
