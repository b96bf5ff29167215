//! Tests what readings of a configuration outside the function come to.

use super::*;

const GROUP: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef";

fn followed(place: &str) -> Followed {
    let permit = format!(
        "allow = [\"10.20.0.0/16\"]\ntarget-groups = [\"{GROUP}\", \"{GROUP}1\"]\nmodes = \
         [\"manage\"]\n"
    );
    let permit = Permit::parse(&permit, &Location::from(permit.as_str())).expect("a good permit");
    Followed::new(place.parse().expect("a place"), permit)
}

fn text(source: &str) -> String {
    format!(
        "allow = [\"10.20.4.0/24\"]\n[[binding]]\nname = \"orders\"\nsource = \
         \"{source}\"\ntarget-group = \"{GROUP}\"\n"
    )
}

fn version(version: u8, text: impl Into<Vec<u8>>) -> Result<Fetched, CallError> {
    Ok(Fetched { bytes: text.into(), version: version.to_string() })
}

fn failed(failure: Failure, detail: &str) -> Result<Fetched, CallError> {
    Err(CallError::new("ssm:GetParameter", failure, detail))
}

/// The source of the one binding.
fn source(config: Option<Config>) -> Option<String> {
    config.map(|config| config.usable().next().expect("a binding").source.to_string())
}

#[test]
fn a_place_is_a_parameter_or_an_object_or_refused_with_its_form() {
    for (place, says) in [
        ("ssm:/writerlink/orders", None),
        ("ssm:orders", None),
        ("ssm:/writerlink/orders:3", None),
        ("ssm:/writerlink/orders:live", None),
        ("s3://bindings-eu/teams/orders.toml", None),
        ("s3://a.b.c/ü x", None),
        ("ssm:", Some("names no parameter")),
        ("ssm:/", Some("names no parameter")),
        ("ssm:/a//b", Some("is not the name of a parameter")),
        ("ssm:a/b", Some("begins with a slash")),
        ("ssm:/a b", Some("letters, digits")),
        ("ssm:/a:", Some("no version and no label")),
        ("ssm:/a:b:c", Some("no version and no label")),
        ("ssm:arn:aws:ssm:eu-west-1:111122223333:parameter/a", Some("no version and no label")),
        (&format!("ssm:/{}", "a/".repeat(16) + "a"), Some("15 levels")),
        ("s3://", Some("is no place")),
        ("s3://bindings", Some("is no place")),
        ("s3://bindings/", Some("names no object")),
        ("s3:///key", Some("does not name a bucket")),
        ("s3://My_Bucket/key", Some("lower-case")),
        (&format!("s3://bindings/{}", "k".repeat(1025)), Some("1,024 bytes")),
        ("https://bindings/key", Some("is no place")),
    ] {
        match place.parse::<Remote>() {
            Ok(remote) => assert_eq!((remote.to_string().as_str(), says), (place, None)),
            Err(bad) => {
                let bad = bad.to_string();
                assert!(bad.contains(says.expect(place)) && bad.contains("write `ssm:"), "{bad}");
            }
        }
    }
    assert!(matches!(Location::from(" ssm:/a "), Location::Remote(place) if place == "ssm:/a"));
    assert!(matches!(Location::from("s3://"), Location::Remote(_)));
    assert!(matches!(Location::from("ssm.toml"), Location::File(_)));
    assert!(matches!(Location::from("# ssm:\n"), Location::Inline(_)));
}

#[test]
fn a_newer_version_is_taken_once_and_a_worse_one_never() {
    let mut followed = followed("ssm:/writerlink/orders");
    let mut see = |read| {
        let config = source(followed.see(read));
        let report = followed.report();
        (config, report.version, report.findings.first().map(|one| (one.code, one.severity)))
    };
    let (one, two) = (text("cluster/orders"), text("cluster/orders-2"));
    let refused = Some(("configuration-refused", Severity::Broken));
    let unreadable = |severity| Some(("configuration-unreadable", severity));
    let some = |text: &str| Some(text.to_owned());
    let denied = Failure::Rejected(Rejection::AccessDenied);
    let foreign = one.replace("targetgroup/orders", "targetgroup/theirs");
    for (read, config, hand, finding) in [
        (version(1, "sorce ="), None, None, refused),
        (failed(Failure::Throttled, "slow"), None, None, unreadable(Severity::Note)),
        (version(1, &*one), some("cluster/orders"), some("1"), None),
        (version(1, &*one), None, some("1"), None),
        (failed(Failure::Throttled, "slow"), None, some("1"), unreadable(Severity::Note)),
        (failed(denied, "no"), None, some("1"), unreadable(Severity::Broken)),
        (version(2, "[[binding]]\n"), None, some("1"), refused),
        (version(2, ""), None, some("1"), refused),
        (version(2, foreign), None, some("1"), refused),
        (version(2, "#".repeat(LONGEST + 1)), None, some("1"), refused),
        (version(2, b"allow = \xff".to_vec()), None, some("1"), refused),
        // Somebody went back.
        (version(3, &*one), None, some("3"), None),
        (version(4, &*two), some("cluster/orders-2"), some("4"), None),
        // Deleted and made again, its versions begin at 1.
        (version(1, &*one), some("cluster/orders"), some("1"), None),
    ] {
        let says = format!("{read:?}");
        assert_eq!(see(read), (config, hand, finding), "{says}");
    }
}

#[test]
fn a_bad_binding_fails_alone_at_the_start_and_keeps_a_newer_version_out_later() {
    let more = |name: &str| {
        let good = text("cluster/orders");
        format!(
            "{good}\n[[binding]]\nname = \"{name}\"\nsorce = \"instance/billing\"\n\
             target-group = \"{GROUP}1\"\n"
        )
    };
    let mut followed = followed("s3://bindings/orders.toml");
    let config = followed.see(version(1, more("billing"))).expect("one is good");
    assert_eq!((config.bindings.len(), config.usable().count()), (2, 1));
    assert_eq!(followed.see(version(1, more("billing"))), None);
    assert_eq!(followed.finding(), None, "each run reports the bad binding itself");
    assert_eq!(followed.see(version(2, more("stock"))), None);
    let finding = followed.finding().expect("a finding");
    let says = "version 2 of the configuration is refused: ";
    assert!(finding.message.starts_with(says), "{}", finding.message);
    let place = "s3://bindings/orders.toml:9:1: binding `stock`: `sorce` is no key";
    assert!(finding.message.contains(place), "{}", finding.message);
    assert!(finding.remedy.contains("Version 1 stays in effect"), "{}", finding.remedy);
}

#[test]
fn each_reason_why_it_cannot_be_read_has_its_own_remedy() {
    let (parameter, object) = ("ssm:/writerlink/orders", "s3://bindings/orders.toml");
    let rejected = Failure::Rejected;
    for (place, failure, detail, says) in [
        (parameter, rejected(Rejection::NotFound), "ParameterNotFound", "Make the parameter"),
        (
            parameter,
            rejected(Rejection::NotFound),
            "ParameterVersionNotFound: version 3",
            "Name a version or a label that exists",
        ),
        (
            parameter,
            rejected(Rejection::AccessDenied),
            "AccessDeniedException: not authorized to perform: ssm:GetParameter",
            "Allow `ssm:GetParameter`",
        ),
        (
            parameter,
            rejected(Rejection::AccessDenied),
            "AccessDeniedException: not authorized to perform: kms:Decrypt (Service: AWSKMS)",
            "Allow `kms:Decrypt`",
        ),
        (parameter, rejected(Rejection::Other), "InvalidKeyId: is disabled", "key that encrypts"),
        (parameter, Failure::Throttled, "ThrottlingException", "Nothing was done"),
        (parameter, Failure::Unreachable, "timed out", "an interface endpoint of SSM"),
        (parameter, Failure::Credentials, "none", "Give credentials"),
        (object, rejected(Rejection::NotFound), "NoSuchKey", "Put the object there"),
        (object, rejected(Rejection::AccessDenied), "AccessDenied", "whether the object exists"),
        (
            object,
            rejected(Rejection::AccessDenied),
            "AccessDenied: not authorized to perform: kms:Decrypt",
            "Allow `kms:Decrypt`",
        ),
        (object, rejected(Rejection::Other), "KMS.DisabledException", "key that encrypts"),
        (object, rejected(Rejection::Other), "PermanentRedirect", "the function's own Region"),
    ] {
        let mut followed = followed(place);
        assert_eq!(followed.see(failed(failure, detail)), None);
        let finding = followed.finding().expect("a finding");
        assert_eq!(finding.code, "configuration-unreadable");
        assert!(finding.remedy.contains(says), "{detail}: {}", finding.remedy);
        assert!(finding.message.contains(detail) && finding.message.starts_with(place));
        assert!(finding.remedy.ends_with("each sweep reads it again."), "{}", finding.remedy);
    }
}
