//! A small XML builder whose calls have the shape of the XML that they write.

use std::fmt::Display;

use quick_xml::escape::escape;

use super::marker;

/// XML under construction. Every text is escaped.
#[derive(Debug, Default)]
pub(super) struct Xml {
    text: String,
    pages: Pages,
}

/// Whether lists are written as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pages {
    /// With their entries and markers.
    #[default]
    Full,
    /// Without either, as a fault has it.
    Empty,
    /// With every other entry and no marker, as a fault has it.
    Thin,
    /// As they were before the latest change, as a fault has it.
    Lagging,
}

impl Pages {
    /// How many entries of a list are written at most, and each of how many.
    pub(super) fn kept(self) -> (usize, usize) {
        match self {
            Pages::Full | Pages::Lagging => (usize::MAX, 1),
            Pages::Thin => (usize::MAX, 2),
            Pages::Empty => (0, 1),
        }
    }
}

impl Xml {
    pub(super) fn new(pages: Pages) -> Xml {
        Xml { text: String::new(), pages }
    }

    /// `<name>value</name>`.
    pub(super) fn text(&mut self, name: &str, value: impl Display) -> &mut Self {
        self.open(name);
        let value = value.to_string();
        // Characters that XML 1.0 does not have would make the whole document unreadable.
        let printable =
            value.replace(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t'), "\u{fffd}");
        self.text.push_str(&escape(printable));
        self.close(name)
    }

    /// The same, where there is a value.
    pub(super) fn maybe(&mut self, name: &str, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// `<name>…</name>`.
    pub(super) fn element(&mut self, name: &str, fill: impl FnOnce(&mut Xml)) -> &mut Self {
        self.open(name);
        fill(self);
        self.close(name)
    }

    /// `<name><member>…</member>…</name>`.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        member: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Xml, T),
    ) -> &mut Self {
        self.open(name);
        let (most, every) = self.pages.kept();
        for item in items.into_iter().step_by(every).take(most) {
            self.element(member, |xml| each(xml, item));
        }
        self.close(name)
    }

    /// `<name><member>text</member>…</name>`.
    pub(super) fn texts<T: Display>(
        &mut self,
        name: &str,
        member: &str,
        items: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        self.open(name);
        for item in items {
            self.text(member, item);
        }
        self.close(name)
    }

    /// Where the next page begins, if there is one: after the entry of this key.
    pub(super) fn marker(&mut self, name: &str, key: Option<String>) -> &mut Self {
        match self.pages {
            Pages::Full | Pages::Lagging => self.maybe(name, key.as_deref().map(marker::of)),
            Pages::Empty | Pages::Thin => self,
        }
    }

    /// How lists are written.
    pub(super) fn pages(&self) -> Pages {
        self.pages
    }

    pub(super) fn into_string(self) -> String {
        self.text
    }

    /// Text that is XML already.
    pub(super) fn raw(&mut self, xml: &str) -> &mut Self {
        self.text.push_str(xml);
        self
    }

    fn open(&mut self, name: &str) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push('>');
    }

    fn close(&mut self, name: &str) -> &mut Self {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_out_of_its_element() {
        let mut xml = Xml::default();
        xml.text("Key", "</Key><Evil>&\u{1}");
        assert_eq!(xml.into_string(), "<Key>&lt;/Key&gt;&lt;Evil&gt;&amp;\u{fffd}</Key>");
    }
}
