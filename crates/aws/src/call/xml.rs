//! An XML answer as a tree of elements. Attributes, namespaces and comments are not kept.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// The most elements inside one another. The answers here have at most nine. Without a bound, the
/// end of a hostile answer's tree would overflow the stack.
const DEEPEST: usize = 32;

const NOT_WHOLE: &str = "it is no whole document";

/// An element with its text and its elements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Reads a document, which must be whole: every element that begins must end.
    pub(super) fn parse(document: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(document);
        // The last is the innermost that is open, the first stands for the document.
        let mut open = vec![Self::default()];
        loop {
            let event = reader.read_event().map_err(|fault| fault.to_string())?;
            let is_deepest = open.len() > DEEPEST;
            let Some(innermost) = open.last_mut() else { return Err(NOT_WHOLE.to_owned()) };
            match event {
                Event::Start(_) if is_deepest => {
                    return Err(format!("it has more than {DEEPEST} elements in one another"));
                }
                Event::Start(start) => open.push(Self::named(&start)),
                Event::Empty(empty) => innermost.children.push(Self::named(&empty)),
                // The reader has compared the name with that of the beginning.
                Event::End(_) => {
                    let ended = open.pop().unwrap_or_default();
                    open.last_mut().ok_or(NOT_WHOLE)?.children.push(ended);
                }
                Event::Text(text) => innermost.text.push_str(&text),
                Event::CData(text) => innermost.text.push_str(&text),
                Event::GeneralRef(reference) => innermost.text.push_str(&resolved(&reference)?),
                Event::Eof => break,
                _ => {}
            }
        }
        match open.as_mut_slice() {
            [document] if document.children.len() == 1 => Ok(document.children.swap_remove(0)),
            _ => Err(NOT_WHOLE.to_owned()),
        }
    }

    fn named(start: &BytesStart<'_>) -> Self {
        Self { name: start.local_name().as_ref().to_owned(), ..Self::default() }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// The first element of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(name))
    }

    pub(super) fn into_child(self, name: &str) -> Option<Self> {
        self.children.into_iter().find(|child| child.is(name))
    }

    /// This element's own text.
    pub(crate) fn own_text(&self) -> Result<String, String> {
        Ok(self.text.clone())
    }

    /// The text of the first element of this name, unless it is empty.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.child(name).map(|child| child.text.clone()).filter(|text| !text.is_empty())
    }

    /// The text of an element that AWS always gives.
    pub(crate) fn need(&self, name: &str) -> Result<String, String> {
        self.text(name).ok_or_else(|| format!("has no `{name}`"))
    }

    /// The text of an element that AWS always gives, as a value.
    pub(crate) fn value<T: std::str::FromStr>(&self, name: &str) -> Result<T, String> {
        let text = self.need(name)?;
        text.trim().parse().map_err(|_| format!("has the `{name}` {text:?}"))
    }

    /// Whether the text of the element of this name is `true`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name).as_deref() == Some("true")
    }

    /// The entries of a list, converted. The protocols write an empty list as an empty element, so
    /// an answer without the element does not say how many entries there are. An entry is called
    /// `item` with EC2, and `member` with the others.
    pub(crate) fn list<T>(
        &self,
        name: &str,
        convert: impl Fn(&Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let list = self.child(name);
        let list = list.ok_or_else(|| format!("has no list `{name}`, not even an empty one"))?;
        let entries = list.children.iter().filter(|child| child.is("item") || child.is("member"));
        let entries: Result<_, _> = entries.map(convert).collect();
        entries.map_err(|fault| format!("an entry of `{name}` {fault}"))
    }

    /// Every element of this name, converted, of a list that has no element around it.
    pub(crate) fn every<T>(
        &self,
        name: &str,
        convert: impl Fn(&Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        self.children.iter().filter(|child| child.is(name)).map(convert).collect()
    }

    /// The entries of a list that AWS leaves out where it is empty.
    pub(crate) fn list_or_none<T>(
        &self,
        name: &str,
        convert: impl Fn(&Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        if self.child(name).is_some() { self.list(name, convert) } else { Ok(Vec::new()) }
    }
}

fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string()),
        _ => resolve_predefined_entity(reference)
            .map(str::to_owned)
            .ok_or_else(|| format!("it has the entity {:?}", &**reference)),
    }
}
