//! Tests that the tests and files that the documentation names exist, and that its commands can be
//! pasted.

use std::fs;
use std::path::{Path, PathBuf};

use writerlink_tests::python::workspace_dir;

#[test]
fn every_test_that_the_documentation_names_exists() {
    let sources: String = files(workspace_dir(), "rs").iter().map(|path| read(path)).collect();
    let mut named = 0;
    for page in pages() {
        for name in read(&page).split('`').filter(|text| is_test_name(text)) {
            named += 1;
            assert!(sources.contains(&format!("fn {name}(")), "{} names {name}", page.display());
        }
    }
    assert!(named > 30, "only {named} names were found: is the search broken?");
}

#[test]
fn every_file_that_the_documentation_links_to_exists() {
    let mut followed = 0;
    for page in pages() {
        let folder = page.parent().expect("a file lies in a folder");
        for link in read(&page).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            followed += 1;
            let target = folder.join(link.split('#').next().unwrap_or(link));
            assert!(target.exists(), "{} links to {link}", page.display());
        }
    }
    assert!(followed > 10, "only {followed} links were found: is the search broken?");
}

/// A page that nobody finds is not written.
#[test]
fn every_page_is_in_the_index() {
    let docs = workspace_dir().join("docs");
    let index = read(&docs.join("README.md"));
    let pages = fs::read_dir(&docs).expect("it is there").flatten();
    let pages = pages.map(|page| page.file_name().to_string_lossy().into_owned());
    let pages: Vec<String> =
        pages.filter(|name| name.ends_with(".md") && name != "README.md").collect();
    assert!(pages.len() > 20, "only {} pages were found", pages.len());
    for page in pages {
        assert!(index.contains(&format!("]({page})")), "docs/README.md does not link to {page}");
    }
}

/// Interactive zsh, the shell of a Mac, takes `#` for a word: a pasted comment becomes arguments,
/// and an apostrophe in it opens a quote.
#[test]
fn no_shell_block_of_any_page_has_a_comment() {
    let mut searched = 0;
    let mut comments = Vec::new();
    for page in pages() {
        for (number, line) in shell_lines(&read(&page)) {
            searched += 1;
            if line.split_whitespace().any(|word| word.starts_with('#')) {
                comments.push(format!("{}:{number}: {}", page.display(), line.trim()));
            }
        }
    }
    assert!(searched > 100, "only {searched} lines were found: is the search broken?");
    let comments = comments.join("\n");
    assert!(comments.is_empty(), "put these comments into the text before the block:\n{comments}");
}

/// What was found out about others after the table was first written, in both places that say it.
#[test]
fn the_tables_of_failures_say_of_each_handler_what_was_found() {
    let choosing = read(&workspace_dir().join("docs/choosing.md"));
    let row = |start: &str| {
        choosing.lines().find(|line| line.starts_with(start)).expect("it is in the table")
    };
    let baseline = read(&workspace_dir().join("tests/baseline/README.md"));
    let habit = |words: &str| {
        baseline.lines().find(|line| line.contains(words)).expect("it is in the table")
    };
    for page in [row("| T3 |"), habit("draining ones too")] {
        for handler in ["sample-rds-RR", "hostname-as-target", "CDK demo"] {
            assert!(page.contains(handler), "{handler} empties the group too: {page}");
        }
    }
    for handler in ["hostname-as-target", "CDK demo"] {
        assert!(
            !row("| T12 |").contains(handler),
            "the line of {handler} raises, and Lambda sees it"
        );
    }
    assert!(
        habit("and ends in success").contains(
            "CDK demo and hostname-as-target mean to, but their line for an error raises"
        )
    );
    assert!(!choosing.contains("cannot be in a shared subnet"), "since 2026-11-10 it can");
}

/// Tests are sentences: words in lower case, four of them at least. So are some of Terraform's
/// types of resources.
fn is_test_name(text: &str) -> bool {
    text.split('_').count() >= 4
        && !text.starts_with("aws_")
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The lines of the page that are in blocks for a shell, with their numbers.
fn shell_lines(page: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut block = None;
    for (number, line) in (1..).zip(page.lines()) {
        match (line.trim_start().strip_prefix("```"), block) {
            (Some(language), None) => block = Some(language.trim()),
            (Some(_), Some(_)) => block = None,
            (None, Some("sh" | "bash" | "zsh" | "shell" | "console")) => found.push((number, line)),
            (None, _) => {}
        }
    }
    found
}

fn pages() -> Vec<PathBuf> {
    files(workspace_dir(), "md")
}

/// The files of this ending that belong to the project.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder can be read").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let is_ours =
            name != "target" && name != "node_modules" && !name.to_string_lossy().starts_with('.');
        if path.is_dir() && is_ours {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|own| own == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
