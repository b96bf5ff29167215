//! Generates `docs/configuration.md` and `docs/writerlink.schema.json` from the table of keys.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use super::keys::{Key, Kind, Table};

/// If this variable is set, the test writes the files instead of comparing them.
const WRITE: &str = "WRITERLINK_WRITE_DOCS";

const HEAD: &str = "\
# Configuration

For everyone who writes a configuration: every key, with its default, its range and an example. This
page is generated from `crates/core/src/config/keys.rs`. Change it there;
[CONTRIBUTING](CONTRIBUTING.md#tests-are-claims) says how to regenerate it.

`WRITERLINK_CONFIG` is the path of a TOML or JSON file, or the text itself if it starts with `{` or
has a newline. The function and the CLI read it; in the CLI, `--config` wins. TOML and JSON have the
same keys:

```toml
allow = [\"10.20.4.0/24\", \"10.20.5.0/24\"]

[timing]
settle = 20

[[binding]]
name         = \"orders\"
source       = \"cluster/orders\"
target-group = \"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef\"
```

- In TOML, keys of the top come before the first header in brackets. `allow` and `notify-topic`
  below a `[[binding]]` would be keys of that binding.
- A mistake at the top, or in `[timing]`, `[dns]` or `[api]`, makes the function refuse the
  configuration: it does nothing until that is fixed. A mistake in a binding fails that binding
  alone; the others are followed.
- Lambda takes 4 KB of environment variables in all: some fifteen bindings. For more, put a file
  into the archive (`infra/package --config FILE`), or use [discovery](discovery.md).

## Check a configuration

`writerlink check` prints every mistake with its place, and needs neither an account nor a network:

```console
$ writerlink check writerlink.toml
writerlink.toml:8:1: binding `orders`: `sorce` is no key of `[[binding]]`; did you mean `source`?
 8 | sorce        = \"cluster/orders\"
   | ^

writerlink.toml: 1 mistake; it cannot be used
```

It exits with 0 if there is no mistake, and with 1 otherwise, also if only one binding is bad. It
does not know whether the database and the target group exist: [`writerlink audit`](../README.md)
does. The function and the audit say the same sentences.

`writerlink check --output json` prints one object:

| name | value |
|---|---|
| `ok` | whether no file has a mistake |
| `files[].file` | the path; `null` for a text that is not in a file |
| `files[].ok` | whether the file has no mistake |
| `files[].bindings[]` | the bindings that can be used: `name`, `source`, `target_group`, `port` (`null`: the database's own), `mode` |
| `files[].discover[]` | the patterns of `discover` |
| `files[].mistakes[]` | `file`; `line` and `column` of the key, or of the item of a list, from 1; `key`, such as `timing.settle` or `binding.port`; `bindings`, the names of those that cannot be used because of it; `message`; `did_you_mean`, or `null` |
| `files[].remarks[]` | what can be used and will probably not work, such as target groups in two Regions, with the members of a mistake; `ok` and the exit code do not depend on it |

## In an editor

`writerlink check --schema` prints the JSON Schema, which is also
[writerlink.schema.json](writerlink.schema.json). Editors complete and explain the keys with it. For
TOML (Even Better TOML in VS Code, and everything else that uses Taplo), begin the file with:

```toml
#:schema ./writerlink.schema.json
```

For JSON, associate the schema with the file in the editor's settings (`json.schemas` in VS Code):
a key `$schema` in the file is refused. The schema knows the form of each value. What depends on
other values, such as a name that two bindings have, only `writerlink check` sees.
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for table in Table::ALL {
        let title = match table {
            Table::Top => "The top".to_owned(),
            Table::Binding => "`[[binding]]`".to_owned(),
            table => format!("`[{}]`", table.name()),
        };
        let _ = writeln!(page, "\n## {title}\n");
        page.push_str(
            "| key | value | default | what it is for | example |\n|---|---|---|---|---|\n",
        );
        for key in table.keys() {
            page.push_str(&row(key));
        }
    }
    page
}

fn row(key: &Key) -> String {
    let header = match key.kind {
        Kind::OneTable(inner) => format!("`[{0}]`", inner.name()),
        Kind::Tables(inner) => format!("`[[{0}]]`", inner.name()),
        _ => format!("`{}`", key.name),
    };
    let default = match (key.required, key.default) {
        (true, _) => "required".to_owned(),
        (false, default) if is_value(default) => format!("`{default}`"),
        (false, default) => default.to_owned(),
    };
    let mut says = key.says.to_owned();
    if let Kind::Word(words) = key.kind {
        for (word, meaning) in words {
            let _ = write!(says, " `\"{word}\"`: {meaning}.");
        }
    }
    let example = match key.example {
        "" => String::new(),
        example => format!("`{} = {example}`", key.name),
    };
    format!("| {header} | {} | {default} | {says} | {example} |\n", key.kind)
}

fn is_value(text: &str) -> bool {
    format!("x = {text}").parse::<toml::Table>().is_ok()
}

#[test]
fn the_page_and_the_schema_say_what_the_table_says() {
    let schema = serde_json::to_string_pretty(&super::schema()).expect("it is JSON");
    for (name, made) in
        [("configuration.md", page()), ("writerlink.schema.json", format!("{schema}\n"))]
    {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
        if env::var_os(WRITE).is_some() {
            fs::write(&path, &made).expect("it can be written");
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == made,
            "docs/{name} does not match the table. Regenerate it with: {WRITE}=1 cargo test -p \
             writerlink-core --lib config::page"
        );
    }
}
