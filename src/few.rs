//! A list of what is nearly always a few things, which takes memory of its own only when they
//! become many.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// The first `N` elements stand in the list itself; of more, all stand elsewhere.
#[derive(Clone)]
pub struct Few<T, const N: usize> {
    /// The elements, while `many` is empty.
    few: [T; N],
    n_few: usize,
    /// All elements, once they are more than `N`.
    many: Vec<T>,
}

impl<T: Copy + Default, const N: usize> Few<T, N> {
    /// A list of nothing.
    #[must_use]
    #[inline]
    pub fn new() -> Self {
        Self { few: [T::default(); N], n_few: 0, many: Vec::new() }
    }

    /// Appends an element.
    #[inline]
    pub fn push(&mut self, element: T) {
        match self.few.get_mut(self.n_few) {
            Some(place) => {
                *place = element;
                self.n_few += 1;
            }
            None => self.push_to_many(element),
        }
    }

    /// Appends elements.
    #[inline]
    pub fn extend_from_slice(&mut self, elements: &[T]) {
        let end = self.n_few.saturating_add(elements.len());
        match self.few.get_mut(self.n_few..end) {
            Some(places) if self.many.is_empty() => {
                places.copy_from_slice(elements);
                self.n_few = end;
            }
            _ => elements.iter().for_each(|element| self.push(*element)),
        }
    }

    #[cold]
    fn push_to_many(&mut self, element: T) {
        if self.many.is_empty() {
            self.many.extend_from_slice(&self.few);
        }
        self.many.push(element);
    }

    /// Takes an element out; the last takes its place. Nothing happens where there is none.
    pub fn swap_remove(&mut self, index: usize) {
        if !self.many.is_empty() {
            if index < self.many.len() {
                self.many.swap_remove(index);
            }
            // Once none are left here, those in place would count again.
            self.n_few = if self.many.is_empty() { 0 } else { self.n_few };
            return;
        }
        let last = self.n_few.wrapping_sub(1);
        if let (Some(element), true) = (self.few.get(last).copied(), index <= last)
            && let Some(place) = self.few.get_mut(index)
        {
            *place = element;
            self.n_few = last;
        }
    }
}

impl<T, const N: usize> Few<T, N> {
    /// The elements, in order.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        if self.many.is_empty() {
            self.few.get(..self.n_few).unwrap_or_default()
        } else {
            &self.many
        }
    }
}

impl<T, const N: usize> Few<T, N> {
    /// Where the first element is, if there is one.
    #[inline]
    #[must_use]
    pub fn start(&self) -> *const T {
        if self.many.is_empty() { self.few.as_ptr() } else { self.many.as_ptr() }
    }
}

impl<T, const N: usize> DerefMut for Few<T, N> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        if self.many.is_empty() {
            self.few.get_mut(..self.n_few).unwrap_or_default()
        } else {
            &mut self.many
        }
    }
}

impl<T: Copy + Default, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const N: usize> Deref for Few<T, N> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T: Copy + Default, const N: usize> Extend<T> for Few<T, N> {
    #[inline]
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        elements.into_iter().for_each(|element| self.push(element));
    }
}

impl<T: Copy + Default, const N: usize> FromIterator<T> for Few<T, N> {
    #[inline]
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut list = Self::new();
        list.extend(elements);
        list
    }
}

impl<T: PartialEq, const N: usize> PartialEq for Few<T, N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T: Eq, const N: usize> Eq for Few<T, N> {}

impl<T: fmt::Debug, const N: usize> fmt::Debug for Few<T, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::Few;

    #[test]
    fn few_and_many_are_the_same_list() {
        for n in 0..9 {
            let mut list: Few<u32, 3> = (0..n).collect();
            let mut plain: Vec<u32> = (0..n).collect();
            assert_eq!(list.as_slice(), plain);
            list.swap_remove(9);
            for index in [1, 0, 0, 2, 0, 0, 0, 0, 0] {
                list.swap_remove(index);
                if index < plain.len() {
                    plain.swap_remove(index);
                }
                assert_eq!(list.as_slice(), plain, "{n}");
            }
            for more in [&[7, 8][..], &[9], &[], &[1, 2, 3, 4]] {
                list.extend_from_slice(more);
                plain.extend_from_slice(more);
                assert_eq!(list.as_slice(), plain, "{n}");
            }
        }
    }
}
