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
has a newline, or a place that [others can write](#a-text-that-others-write), `ssm:NAME` or
`s3://BUCKET/KEY`. The function and the CLI read it; in the CLI, `--config` wins. TOML and JSON have
the same keys:

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
  into the archive (`infra/package --config FILE`), put it into SSM or S3, or use
  [discovery](discovery.md).

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

const PERMIT: &str = "
## A text that others write

The teams that own databases can keep their bindings themselves, in a parameter of SSM or in an
object of S3. The stack then says with two variables where the text is (here in SSM; an object of S3
is `s3://BUCKET/KEY`), and what it may hold:

```sh
WRITERLINK_CONFIG=ssm:/writerlink/orders
WRITERLINK_PERMIT='allow = [\"10.20.4.0/24\"]
target-groups = [\"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef\"]
modes = [\"observe\", \"manage\"]
notify-topic = \"arn:aws:sns:eu-west-1:111122223333:outcomes\"'
```

`WRITERLINK_PERMIT` is the permit: its text, or the path of a file in the archive. It is required
with `ssm:` and `s3:`, and refused without them. The text only narrows it, and **what lies outside
the permit refuses the whole text**: a group or a source that is not in it, a network outside its
`allow`, another mode, another `notify-topic`, `[dns]`, `discover`, and an `api.share` of more than
50. Outcomes go to the permit's `notify-topic` and names are asked of its `dns-servers`, whatever
the text says. [security.md](security.md#who-can-do-what-with-a-text-outside-the-stack) says what
this keeps the author of the text from, and [decision 13](decisions/013-permit.md) why it is so.

- *When it is read.* When a process starts, before each sweep, and before a call by hand or of a
  stack. The run of an event does not wait for it. A version that can be used is in effect for the
  run that read it. The recorder reads it when it starts, before a call by hand, and for an event
  that no binding is about.
- *A version with a mistake*, any mistake, does not take the place of the one in hand. The finding
  `configuration-refused` says where and why, as `writerlink check` does
  ([operations.md](operations.md#a-configuration-in-ssm-or-s3)).
- *A text that cannot be read* is unknown, and not empty: the version in hand stays in effect, and
  the finding `configuration-unreadable` says why and what to do.
- *At a cold start* no version is in hand. While none can be used, each invocation fails with
  `NotReady` and the reason, nothing is written, and each one reads it again. As in a file, a bad
  binding then fails alone; but what lies outside the permit still refuses the whole text.
- *The form of the place.* `ssm:NAME:3` and `ssm:NAME:LABEL` name a version or a label; without
  either it is the newest. A parameter must be in the function's own account, and both in its
  Region. A text has at most 64 KiB; a standard parameter has 4 KB, an advanced one 8 KB. A
  SecureString or an encrypted object needs `kms:Decrypt` on a key of your own.

Check a text against the permit before it goes there, in the pipeline of the team that owns it:

```console
$ writerlink check --permit permit.toml bindings.toml
bindings.toml:5:1: binding `billing`: `target-group` is arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/theirs/0123456789abcdef, which is none of the groups that the stack permits (`target-groups` of WRITERLINK_PERMIT): ask the stack's owner for it, or follow another group

bindings.toml: 1 mistake; it cannot be used
$ aws ssm put-parameter --name /writerlink/orders --type String --overwrite \\
    --value file://bindings.toml
```

`writerlink check`, `audit` and `doctor` read `--config ssm:NAME` and `--config s3://BUCKET/KEY`
too. They need `WRITERLINK_PERMIT` as the function has it (`check` also takes `--permit`), and
`ssm:GetParameter` or `s3:GetObject`.

In `infra/reconciler.yaml`, `Config` is the place, `Permit` the permit, `ConfigArn` what the role
may read, and `ConfigKeyArn` the key; in Terraform they are `config`, `permit`, `config_arn` and
`config_key_arn`. The flat template `writerlink.yaml` has no such parameters, for it follows one
source and is close to CloudFormation's limit of 51,200 bytes: use `reconciler.yaml`.

### The keys of the permit
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
        rows(&mut page, table);
    }
    page.push_str(PERMIT);
    page.push('\n');
    rows(&mut page, Table::Permit);
    page
}

fn rows(page: &mut String, table: Table) {
    page.push_str("| key | value | default | what it is for | example |\n|---|---|---|---|---|\n");
    table.keys().for_each(|key| page.push_str(&row(key)));
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
