//! A few texts in order, none twice. What is kept has three such sets each, most of which hold one
//! text or none: a tree takes hundreds of bytes for one, this no more than the text.

use serde::{Deserialize, Serialize};

/// Distinct texts in the order of their bytes. Adding one copies the list of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct TextSet(Box<[Box<str>]>);

impl TextSet {
    /// The texts in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|text| &**text)
    }

    /// The least of them.
    #[must_use]
    pub fn first(&self) -> Option<&str> {
        self.iter().next()
    }

    /// Whether this text, in just this case, is among them.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        self.0.binary_search_by(|known| (**known).cmp(text)).is_ok()
    }

    /// Adds a text; one that is there stays.
    pub fn insert(&mut self, text: String) {
        self.extend([text]);
    }

    /// Takes a text out; whether it was there.
    pub fn remove(&mut self, text: &str) -> bool {
        let n_before = self.0.len();
        self.retain(|known| known != text);
        self.0.len() < n_before
    }

    /// Takes out what `stays` denies.
    pub fn retain(&mut self, stays: impl Fn(&str) -> bool) {
        let all = std::mem::take(&mut self.0).into_iter();
        self.0 = all.filter(|text| stays(text)).collect();
    }
}

impl Extend<String> for TextSet {
    fn extend<Texts: IntoIterator<Item = String>>(&mut self, texts: Texts) {
        let mut all = std::mem::take(&mut self.0).into_vec();
        all.extend(texts.into_iter().map(String::into_boxed_str));
        all.sort_unstable();
        all.dedup();
        self.0 = all.into_boxed_slice();
    }
}

impl FromIterator<String> for TextSet {
    fn from_iter<Texts: IntoIterator<Item = String>>(texts: Texts) -> Self {
        let mut set = Self::default();
        set.extend(texts);
        set
    }
}

impl From<Vec<String>> for TextSet {
    fn from(texts: Vec<String>) -> Self {
        texts.into_iter().collect()
    }
}

impl<const N: usize> From<[String; N]> for TextSet {
    fn from(texts: [String; N]) -> Self {
        texts.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::TextSet;

    #[test]
    fn texts_are_in_order_and_none_is_there_twice() {
        let mut set: TextSet = ["b", "a", "b", "", "é"].map(str::to_owned).into();
        assert_eq!(set.iter().collect::<Vec<_>>(), ["", "a", "b", "é"]);
        set.insert("aa".to_owned());
        set.insert("a".to_owned());
        assert_eq!(set.iter().collect::<Vec<_>>(), ["", "a", "aa", "b", "é"]);
        assert!(set.contains("é") && !set.contains("A"));
        assert!(set.remove("") && !set.remove(""));
        assert_eq!(set.first(), Some("a"));
        let written = serde_json::to_string(&set).unwrap();
        assert_eq!(written, r#"["a","aa","b","é"]"#);
        let read: TextSet = serde_json::from_str(r#"["é","b","aa","b","a"]"#).unwrap();
        assert_eq!(read, set);
        assert_eq!(TextSet::default().first(), None);
    }
}
