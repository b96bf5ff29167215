//! The texts of a record, made safe to print and to share.

use super::Record;
use crate::text::bounded;

/// What a text of a record says.
#[derive(Debug, Clone, Copy)]
enum Text {
    Function,
    Region,
    Binding,
    Engine,
    Event,
    Target,
    State,
    Reason,
    Why,
}

/// What stands for a word that is not known.
const UNKNOWN: &str = "?";

/// The function's name in an anonymous record.
const FUNCTION: &str = "recorder";

impl Record {
    /// The same record, with every text on one line and of bounded length: a record from a file can
    /// hold any character.
    pub fn bounded(mut self) -> Self {
        self.each_text(|_, text| *text = bounded(text));
        self
    }

    /// The same record without names. `number` tells the records of one binding from those of
    /// another. Of all other texts only the words stay that the recorder, RDS and ELBv2 use.
    /// Another one becomes `?`, because it could be a name.
    pub fn anonymous(mut self, number: usize) -> Self {
        self.each_text(|what, text| {
            let is_known = match what {
                Text::Function => return FUNCTION.clone_into(text),
                Text::Binding => return *text = format!("binding-{number}"),
                Text::Region => is_region(text),
                Text::Engine => ENGINES.contains(&text.as_str()),
                Text::Event => is_numbered(text, "RDS-EVENT-"),
                Text::Target => {
                    matches!(text.as_str(), "new" | "old") || is_numbered(text, "other-")
                }
                Text::State => STATES.contains(&text.as_str()),
                Text::Reason => REASONS.contains(&text.as_str()),
                Text::Why => WHYS.contains(&text.as_str()),
            };
            if !is_known {
                UNKNOWN.clone_into(text);
            }
        });
        self
    }

    /// Whether its names are those that [`Record::anonymous`] gives.
    pub fn is_anonymous(&self) -> bool {
        self.function == FUNCTION && is_numbered(&self.binding, "binding-")
    }

    fn each_text(&mut self, with: impl Fn(Text, &mut String)) {
        with(Text::Function, &mut self.function);
        with(Text::Region, &mut self.region);
        with(Text::Binding, &mut self.binding);
        self.engine.iter_mut().for_each(|engine| with(Text::Engine, engine));
        self.cause.event.iter_mut().for_each(|event| with(Text::Event, event));
        for state in &mut self.states {
            with(Text::Target, &mut state.target);
            with(Text::State, &mut state.state);
            state.reason.iter_mut().for_each(|reason| with(Text::Reason, reason));
        }
        self.gaps.iter_mut().for_each(|gap| with(Text::Why, &mut gap.why));
    }
}

/// Whether a text is this prefix and a number of at most five digits.
fn is_numbered(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|number| {
        (1..=5).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether a text is made of the words of which AWS makes the names of Regions.
fn is_region(text: &str) -> bool {
    let areas = "af ap ca cn eu eusc il me mx sa us";
    let words = "central de east gov iso isob isoe isof north northeast northwest south southeast \
                 southwest west";
    let has = |list: &str, word: &str| list.split_whitespace().any(|one| one == word);
    let mut parts = text.split('-');
    let (area, number) = (parts.next(), parts.next_back());
    area.is_some_and(|area| has(areas, area))
        && number.is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
        && (1..=2).contains(&parts.clone().count())
        && parts.all(|word| has(words, word))
}

/// The engines of RDS (AWS docs: RDS API, `CreateDBInstance`, `CreateDBCluster`).
const ENGINES: [&str; 25] = [
    "aurora-mysql",
    "aurora-postgresql",
    "custom-oracle-ee",
    "custom-oracle-ee-cdb",
    "custom-oracle-se2",
    "custom-oracle-se2-cdb",
    "custom-sqlserver-dev",
    "custom-sqlserver-ee",
    "custom-sqlserver-se",
    "custom-sqlserver-web",
    "db2-ae",
    "db2-se",
    "mariadb",
    "mysql",
    "neptune",
    "oracle-ee",
    "oracle-ee-cdb",
    "oracle-se2",
    "oracle-se2-cdb",
    "postgres",
    "sqlserver-dev-ee",
    "sqlserver-ee",
    "sqlserver-ex",
    "sqlserver-se",
    "sqlserver-web",
];

/// ELBv2's words for states (botocore elbv2 2015-12-01, `TargetHealthStateEnum`), and ours.
const STATES: [&str; 8] = [
    "initial",
    "healthy",
    "unhealthy",
    "unhealthy.draining",
    "unused",
    "draining",
    "unavailable",
    "gone",
];

/// ELBv2's codes for reasons (botocore elbv2 2015-12-01, `TargetHealthReasonEnum`).
const REASONS: [&str; 12] = [
    "Elb.RegistrationInProgress",
    "Elb.InitialHealthChecking",
    "Elb.InternalError",
    "Target.ResponseCodeMismatch",
    "Target.Timeout",
    "Target.FailedHealthChecks",
    "Target.NotRegistered",
    "Target.NotInUse",
    "Target.DeregistrationInProgress",
    "Target.InvalidState",
    "Target.IpUnusable",
    "Target.HealthCheckDisabled",
];

/// Our words for why a read failed: those of [`Failure`](crate::failure::Failure) and of
/// [`LookupError`](crate::failure::LookupError).
const WHYS: [&str; 15] = [
    "access-denied",
    "not-found",
    "refused-as-invalid",
    "quota-reached",
    "refused",
    "throttled",
    "no-credentials",
    "unreachable",
    "certificate-not-trusted",
    "answer-lost",
    "dns-nxdomain",
    "dns-no-address",
    "dns-refused",
    "dns-timeout",
    "dns-unreachable",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Rejection::{AccessDenied, Invalid, NotFound, Other, Quota};
    use crate::failure::{Failure, LookupError};

    #[test]
    fn the_words_of_aws_and_of_the_recorder_are_known_and_others_are_not() {
        for region in ["eu-west-1", "us-gov-east-1", "ap-southeast-5", "eusc-de-east-1"] {
            assert!(is_region(region), "{region}");
        }
        for region in ["", "eu", "eu-1", "eu-acme-1", "acme-west-1", "eu-west-111122223333"] {
            assert!(!is_region(region), "{region}");
        }
        for (text, prefix, known) in [
            ("RDS-EVENT-0071", "RDS-EVENT-", true),
            ("other-12", "other-", true),
            ("other-", "other-", false),
            ("other-111122223333", "other-", false),
            ("RDS-EVENT-0071 arn:aws:rds", "RDS-EVENT-", false),
        ] {
            assert_eq!(is_numbered(text, prefix), known, "{text}");
        }
        let rejections = [AccessDenied, NotFound, Invalid, Quota, Other].map(Failure::Rejected);
        let failures = [
            Failure::Throttled,
            Failure::Credentials,
            Failure::Unreachable,
            Failure::Certificate,
            Failure::AnswerLost,
        ];
        let lookups = [
            LookupError::NxDomain,
            LookupError::NoAddress,
            LookupError::Refused(String::new()),
            LookupError::Timeout,
            LookupError::Unreachable(String::new()),
        ];
        let words = rejections.into_iter().chain(failures).map(Failure::word);
        for word in words.chain(lookups.iter().map(LookupError::word)) {
            assert!(WHYS.contains(&word), "{word}");
        }
    }
}
