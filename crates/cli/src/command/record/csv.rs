//! The CSV of Logs Insights: a field with quotes in it is quoted, and its quotes are doubled.

/// Whether a text is CSV that has a record in a field.
pub(super) fn is_csv(text: &str) -> bool {
    let is_record = |(at, kind): (usize, &str)| {
        let value = text[at + kind.len()..].trim_start().strip_prefix(':');
        value.is_some_and(|value| value.trim_start().starts_with("\"\"record\"\""))
    };
    text.match_indices("\"\"kind\"\"").any(is_record)
}

/// The rows: of each field the line on which it begins, and its text.
pub(super) fn rows(text: &str) -> Vec<Vec<(usize, String)>> {
    let (mut rows, mut row) = (Vec::new(), Vec::new());
    let (mut line, mut begins) = (1, 1);
    let (mut field, mut is_quoted) = (String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if field.is_empty() => is_quoted = true,
            ',' if !is_quoted => row.push((begins, std::mem::take(&mut field))),
            '\n' if !is_quoted => {
                row.push((begins, std::mem::take(&mut field)));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
        line += usize::from(c == '\n');
        if field.is_empty() && !is_quoted {
            begins = line;
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push((begins, field));
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_keeps_its_commas_quotes_and_lines_and_knows_where_it_begins() {
        let text = "@timestamp,@message\r\n1,\"{\"\"a\"\":\n\"\"b,c\"\"}\"\n,\n2,\"{\"\"cut";
        let field = |line, text: &str| (line, text.to_owned());
        assert_eq!(
            rows(text),
            [
                vec![field(1, "@timestamp"), field(1, "@message\r")],
                vec![field(2, "1"), field(2, "{\"a\":\n\"b,c\"}")],
                vec![field(4, ""), field(4, "")],
                vec![field(5, "2"), field(5, "{\"cut")],
            ]
        );
        for (text, csv) in
            [("{\"\"kind\"\": \"\"record\"\"", true), ("{\"kind\":\"record\"", false)]
        {
            assert_eq!(is_csv(text), csv, "{text}");
        }
    }
}
