//! Tests that wrong inputs are refused before anything is created, in the same cases in which the
//! function would refuse them.

use std::process::Command;

use serde_json::{Value, json};
use writerlink_core::source::Source;
use writerlink_tests::python::{linters, outcome, tests_dir, workspace_dir};
use writerlink_tests::skip::available;

use crate::{GROUP, template};

/// Names good and bad, at the limits of what RDS takes.
fn names() -> Vec<String> {
    let fixed = [
        "orders", "o", "Orders-1", "a-b-c", "a1", "-a", "a-", "a--b", "1a", "", "a b", "a_b",
        "a.b", "ä", "a/", "a*", "*",
    ];
    let long = [62, 63, 64].map(|length| "a".repeat(length));
    // As many hyphens as there can be: a pattern that counts pairs would take more than 63
    // characters.
    let hyphens = [31, 32].map(|pairs| "a-".repeat(pairs) + "a");
    fixed.iter().map(|name| (*name).to_owned()).chain(long).chain(hyphens).collect()
}

/// Every form that there is, forms that may come, and slips, with every name in each of their
/// places.
fn sources() -> Vec<String> {
    let shapes = [
        "cluster/{}",
        "cluster/{}/readers",
        "cluster/{}/custom/{}",
        "cluster/orders/custom/{}",
        "cluster/{}/instance/{}",
        "cluster/{}/writer",
        "cluster/{}/",
        "/cluster/{}",
        " cluster/{}",
        "cluster/{}\n",
        "Cluster/{}",
        "clusters/{}",
        "instance/{}",
        "instance/{}/readers",
        "proxy/{}",
        "proxy/{}/{}",
        "proxy/orders/{}",
        "proxy/{}/{}/{}",
        "dns/{}",
        "dns/{}.example.com",
        "dns/db.{}",
        "{}",
        "arn:aws:rds:eu-west-1:111122223333:cluster:{}",
    ];
    let hosts = [
        "10.20.0.5",
        "db.10.20.0.5",
        "999.20.0.5",
        "db.example.com.",
        "db.",
        "db..example.com",
        "db.1",
        "db_1.example.com",
    ];
    let long = [249, 250, 251].map(|length| "a.".repeat(length / 2) + "com");
    let made = shapes
        .iter()
        .flat_map(|shape| names().into_iter().map(move |name| shape.replace("{}", &name)));
    made.chain(hosts.iter().map(|host| format!("dns/{host}")))
        .chain(long.iter().map(|host| format!("dns/{host}")))
        .filter(|source| !source.is_empty()) // which means none
        .collect()
}

#[test]
fn a_source_is_refused_by_the_templates_and_the_module_exactly_where_the_function_refuses_it() {
    let sources = sources();
    let inputs = |given: &dyn Fn(&str) -> Value| {
        sources.iter().map(|source| given(source)).collect::<Vec<_>>()
    };
    let parameter = inputs(
        &|source| json!({"Source": source, "TargetGroupArns": [GROUP], "Allow": "10.20.4.0/24"}),
    );
    let binding = inputs(
        &|source| json!({"bindings": {"orders": {"source": source, "target_group_arn": GROUP}}}),
    );
    let one_command = inputs(&|source| with(&json!({"Source": source})));
    let layers = [
        ("reconciler.yaml", parameter, false),
        (ONE_COMMAND, one_command, false),
        ("terraform/reconciler", binding, true),
    ];
    for (path, inputs, takes_hosts) in layers {
        let Some(refused) = refused(path, &inputs) else { return };
        let mut taken = 0;
        for (source, said) in sources.iter().zip(refused) {
            // The port and the DNS servers of a host are in a Config, which has no place for
            // `Source` beside it.
            let right = source
                .parse::<Source>()
                .is_ok_and(|source| takes_hosts || !matches!(source, Source::Name(_)));
            assert_eq!(said.is_empty(), right, "{path}, {source:?}: {said:?}");
            taken += usize::from(right);
        }
        assert!(taken > 30, "only {taken} were right: is the list broken?");
    }
}

/// The one command's inputs for a cluster that exists, with these in place of its own.
fn with(more: &Value) -> Value {
    let mut given = json!({
        "Source": "cluster/orders",
        "Allow": "10.20.4.0/24",
        "VpcId": "vpc-0a1b",
        "SubnetIds": ["subnet-1", "subnet-2"],
        "Port": "5432",
    });
    let more = more.as_object().expect("inputs have names").clone();
    given.as_object_mut().expect("as above").extend(more);
    given
}

#[test]
fn the_one_command_asks_for_what_it_needs_before_anything_is_made() {
    let proxy = json!({
        "UseProxy": "true", "EngineFamily": "MYSQL", "SecretArn": SECRET,
        "DatabaseSecurityGroupId": "sg-1",
    });
    let end_to_end = json!({
        "UseProxy": "true", "EngineFamily": "POSTGRESQL", "DatabaseSecurityGroupId": "sg-1",
        "DefaultAuthScheme": "IAM_AUTH", "DatabaseResourceId": "cluster-ABC",
        "DatabaseUser": "app",
    });
    let without = |given: &Value, name: &str| {
        let mut given = with(given);
        given[name] = json!("");
        given
    };
    let example = json!({"CreateDatabase": "true"});
    let cases = [
        ("a cluster", with(&json!({})), None),
        ("no port", without(&json!({}), "Port"), Some("Give Port")),
        ("port 0", with(&json!({"Port": "0"})), Some("Port")),
        ("port 65536", with(&json!({"Port": "65536"})), Some("Port")),
        ("no networks", without(&json!({}), "Allow"), Some("Give Allow")),
        ("an example", example.clone(), None),
        (
            "an example with a port of its own",
            json!({"CreateDatabase": "true", "Port": "3306"}),
            Some("Leave Port empty"),
        ),
        ("a proxy", with(&proxy), None),
        ("a proxy for no engine", without(&proxy, "EngineFamily"), Some("Give EngineFamily")),
        ("a proxy without a login", without(&proxy, "SecretArn"), Some("Give SecretArn")),
        ("IAM from end to end", with(&end_to_end), None),
        (
            "tokens for no database",
            without(&end_to_end, "DatabaseResourceId"),
            Some("Give DatabaseResourceId"),
        ),
        ("tokens for nobody", without(&end_to_end, "DatabaseUser"), Some("Give DatabaseUser")),
        (
            "tokens without a proxy",
            with(&json!({"DefaultAuthScheme": "IAM_AUTH", "DatabaseUser": "app"})),
            Some("Give UseProxy=true"),
        ),
        (
            "an example with a proxy and tokens",
            json!({
                "CreateDatabase": "true", "UseProxy": "true", "DefaultAuthScheme": "IAM_AUTH",
                "DatabaseUser": "app",
            }),
            None,
        ),
        (
            "its own Region among the others",
            with(&json!({"SupportedRegions": ["eu-central-1", "eu-west-1"]})),
            Some("Leave this Region out"),
        ),
        ("other Regions", with(&json!({"SupportedRegions": ["eu-central-1"]})), None),
    ];
    let inputs: Vec<Value> = cases.iter().map(|(_, given, _)| given.clone()).collect();
    let Some(refused) = refused(ONE_COMMAND, &inputs) else {
        return;
    };
    for ((case, _, wanted), said) in cases.iter().zip(refused) {
        match wanted {
            None => assert!(said.is_empty(), "{case}: {said:?}"),
            Some(wanted) => {
                assert!(said.iter().any(|line| line.contains(wanted)), "{case}: {said:?}")
            }
        }
    }
}

#[test]
fn nobody_is_given_a_port_a_region_or_a_consumer_that_they_did_not_name() {
    let ports = [("link.yaml", "Port"), ("proxy.yaml", "Port"), ("consumer.yaml", "Port")];
    for (template, name) in ports {
        let text = read(template);
        let declared = text.split_once(&format!("\n  {name}:\n")).expect("it is a parameter").1;
        let declared =
            declared.split("\n  ").take_while(|line| line.starts_with("  ")).collect::<String>();
        assert!(!declared.contains("Default:"), "{template} has a port by default: {declared}");
    }
    let app = read("examples/iam-lambda/template.yaml");
    assert!(!app.contains("Default: 5432"));
    for example in [
        "consumer",
        "existing-cluster",
        "existing-nlb",
        "from-nothing",
        "member-links",
        "member-ports",
        "one-account",
        "proxy",
        "two-accounts",
    ] {
        let text = read(&format!("terraform/examples/{example}/main.tf"));
        assert!(text.contains("region = var.region\n"), "{example} has a Region of its own");
        let variables = text.split("\nvariable ").skip(1);
        for variable in variables.map(|text| text.split("\n}").next().unwrap_or_default()) {
            let name = variable.split('"').nth(1).expect("a variable has a name");
            let theirs = ["region", "consumers", "token_principals", "port", "cluster", "allow"]
                .contains(&name);
            assert!(!theirs || !variable.contains("default"), "{example} has {name} by default");
        }
    }
    let proxy = read("terraform/examples/proxy/main.tf");
    assert!(proxy.contains("allowed_principals         = var.consumers\n"));
    assert!(
        proxy.contains("trusted_principals = var.token_principals\n"),
        "who may create the endpoint is one list, and who may make tokens another"
    );
}

/// A parameter of a layer that the one command has by the same name is handed on to it: `IamAuth`
/// was not, and nobody saw it.
#[test]
fn the_one_command_hands_on_every_parameter_that_a_layer_has_by_the_same_name() {
    let Some(whole) = template::read(ONE_COMMAND) else { return };
    let asked = whole["Parameters"].as_object().expect("it has parameters");
    let stacks = whole["Resources"].as_object().expect("it has stacks");
    for (layer, stack) in stacks {
        let file = stack["Properties"]["TemplateURL"].as_str().expect("a path");
        let declared = template::read(file).expect("as above")["Parameters"].clone();
        let given = &stack["Properties"]["Parameters"];
        for name in declared.as_object().expect("it has parameters").keys() {
            // Those of the reconciler are the function's own subnets, which the one command leaves
            // outside the VPC.
            let is_shared =
                asked.contains_key(name) && (layer != "Reconciler" || name != "SubnetIds");
            assert!(!is_shared || given.get(name).is_some(), "{layer} is not given {name}");
        }
    }
    for output in ["DbResourceId", "Port"] {
        assert!(whole["Outputs"].get(output).is_some(), "{output} is told to the consumer");
    }
    let proxy = &stacks["Proxy"]["Properties"]["Parameters"];
    assert_eq!(proxy["IamAuth"], json!({"Ref": "IamAuth"}));
    let link = &stacks["Link"]["Properties"]["Parameters"]["Port"]["Fn::If"];
    assert_eq!(
        (&link[0], &link[1]),
        (&json!("MakesProxy"), &json!({"Fn::GetAtt": ["Proxy", "Outputs.Port"]})),
        "the link has the proxy's own port"
    );
}

/// The template of the one command, which names the layers.
const ONE_COMMAND: &str = "layers.yaml";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf";

fn read(path: &str) -> String {
    std::fs::read_to_string(workspace_dir().join("infra").join(path))
        .expect("it is part of the source")
}

/// What a template or a module refuses of each of the inputs.
pub(crate) fn refused(path: &str, inputs: &[Value]) -> Option<Vec<Vec<String>>> {
    let mut script = Command::new(available(linters())?);
    script.arg(tests_dir().join("python/refused.py")).arg(workspace_dir().join("infra").join(path));
    let output = outcome(&mut script, &json!(inputs).to_string());
    assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
    let refused: Vec<Vec<String>> =
        serde_json::from_slice(&output.stdout).expect("the script prints JSON");
    assert_eq!(refused.len(), inputs.len());
    Some(refused)
}
