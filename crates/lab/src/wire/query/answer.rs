//! Answers one request of the Query API: finds the service and the operation, applies a fault, and
//! writes the XML.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Dialect;
use super::dialect::no_such_operation;
use super::params::Params;
use super::xml::{Pages, Xml};
use super::{elbv2, rds, sns, sts};
use crate::fault::Effect;
use crate::world::{ApiError, Call, Outcome, World, ids};

/// What is sent back, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) request_id: String,
    pub(super) body: String,
    pub(super) delivery: Delivery,
    pub(super) delay: Duration,
}

/// How much of an answer reaches the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// All of it.
    Whole,
    /// Half of the body, then the connection closes.
    Half,
    /// Nothing: the connection closes.
    Reset,
    /// Nothing: the connection stays open and silent.
    Silence,
}

/// Whether a request came with credentials. Signatures are not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credentials {
    Present,
    Absent,
}

/// Answers a request, and writes it into the journal.
pub(super) fn answer(
    world: &mut World,
    form: BTreeMap<String, String>,
    credentials: Credentials,
) -> Answer {
    let request_id = ids::uuid(world.calls.total());
    let version = form.get("Version").map_or("", String::as_str);
    let action = form.get("Action").cloned().unwrap_or_default();
    let dialect = Dialect::of_version(version);
    // A refusal needs some service's namespace, even where the version names none.
    let manner = dialect.unwrap_or(Dialect::Sts);
    let refusal = if credentials == Credentials::Absent {
        Some(ApiError::new(
            "MissingAuthenticationToken",
            403,
            "Request is missing Authentication Token",
        ))
    } else if action.is_empty() {
        Some(ApiError::bad_request(
            "MissingAction",
            "The request must contain the parameter Action",
        ))
    } else if dialect.is_none() {
        Some(no_such_operation(&action, version))
    } else {
        None
    };
    let at = world.now();
    let (answer, outcome) = match refusal {
        Some(refusal) => refuse(manner, &refusal, &request_id),
        None => {
            // What is over the budget is not done, so no fault strikes it.
            let effect = if world.admits(manner.service(), &action) {
                world.faults.take(&action, resource(&form))
            } else {
                Some(Effect::Throttle)
            };
            let params = Params::new(manner, form.clone());
            perform(world, &action, &params, effect, &request_id)
        }
    };
    world.calls.record(Call {
        at,
        service: manner.service(),
        operation: action,
        parameters: asked(form),
        outcome,
    });
    answer
}

/// The answer to a call that is not carried out.
fn refuse(manner: Dialect, refusal: &ApiError, request_id: &str) -> (Answer, Outcome) {
    let document = error_document(manner, refusal, request_id);
    (Answer::whole(refusal.status, document, request_id), Outcome::Refused(refusal.code.clone()))
}

/// Carries the call out as far as the fault lets it.
fn perform(
    world: &mut World,
    action: &str,
    params: &Params,
    effect: Option<Effect>,
    request_id: &str,
) -> (Answer, Outcome) {
    let dialect = params.dialect();
    match &effect {
        Some(Effect::Throttle) => return refuse(dialect, &dialect.throttled(), request_id),
        Some(Effect::AccessDenied) => {
            return refuse(dialect, &access_denied(world, action, params), request_id);
        }
        Some(Effect::ServerErrorBefore) => {
            return refuse(dialect, &ApiError::internal_failure(), request_id);
        }
        Some(Effect::Error(refusal)) => return refuse(dialect, refusal, request_id),
        Some(Effect::ResetBefore) => {
            return (Answer::none(Delivery::Reset, request_id), Outcome::DroppedUnanswered);
        }
        Some(Effect::Hang) => {
            return (Answer::none(Delivery::Silence, request_id), Outcome::DroppedUnanswered);
        }
        _ => {}
    }
    let pages = match &effect {
        Some(Effect::EmptyPage) => Pages::Empty,
        Some(Effect::LostPage) => Pages::Thin,
        Some(Effect::Stale) => Pages::Lagging,
        _ => Pages::Full,
    };
    let params = match &effect {
        Some(Effect::Partial) => &params.with_first_member_only("Targets"),
        _ => params,
    };
    let mut xml = Xml::new(pages);
    // What becomes of a copy becomes of nothing.
    let mut copy = (effect == Some(Effect::Ignored)).then(|| world.clone());
    let world = copy.as_mut().unwrap_or(world);
    let (answer, outcome) = match carry_out(world, action, params, &mut xml) {
        Err(refusal) => refuse(dialect, &refusal, request_id),
        Ok(()) => {
            let document = result_document(dialect, action, &xml.into_string(), request_id);
            (Answer::whole(200, document, request_id), Outcome::Ok)
        }
    };
    spoil(dialect, answer, outcome, effect)
}

fn carry_out(
    world: &mut World,
    action: &str,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    match params.dialect() {
        Dialect::Rds => rds::carry_out(world, action, params, xml),
        Dialect::Elbv2 => elbv2::carry_out(world, action, params, xml),
        Dialect::Sns => sns::carry_out(world, action, params, xml),
        Dialect::Sts => sts::carry_out(world, action, params, xml),
    }
}

/// What a fault makes of the answer to a call that was carried out.
fn spoil(
    dialect: Dialect,
    answer: Answer,
    outcome: Outcome,
    effect: Option<Effect>,
) -> (Answer, Outcome) {
    let unanswered = match &outcome {
        Outcome::Ok => Outcome::CommittedUnanswered,
        _ => Outcome::DroppedUnanswered,
    };
    match effect {
        Some(Effect::ServerErrorAfter | Effect::Partial) => {
            (refuse(dialect, &ApiError::internal_failure(), &answer.request_id).0, unanswered)
        }
        Some(Effect::ResetAfter) => (Answer::none(Delivery::Reset, &answer.request_id), unanswered),
        Some(Effect::Delay(delay)) => (Answer { delay, ..answer }, outcome),
        Some(Effect::MalformedXml) => {
            let body = answer.body.replace("</", "<");
            (Answer { body, ..answer }, unanswered)
        }
        Some(Effect::Truncated) => {
            let delivery = Delivery::Half;
            (Answer { delivery, ..answer }, unanswered)
        }
        _ => (answer, outcome),
    }
}

impl Answer {
    fn whole(status: u16, body: String, request_id: &str) -> Answer {
        Answer {
            status,
            request_id: request_id.to_owned(),
            body,
            delivery: Delivery::Whole,
            delay: Duration::ZERO,
        }
    }

    fn none(delivery: Delivery, request_id: &str) -> Answer {
        let nothing = Answer::whole(200, String::new(), request_id);
        Answer { delivery, ..nothing }
    }
}

/// `<ActionResponse><ActionResult>…</ActionResult><ResponseMetadata>…`, the form of the query
/// protocol.
fn result_document(dialect: Dialect, action: &str, result: &str, request_id: &str) -> String {
    let mut xml = Xml::default();
    xml.element(&format!("{action}Result"), |xml| {
        xml.raw(result);
    })
    .element("ResponseMetadata", |xml| {
        xml.text("RequestId", request_id);
    });
    let (namespace, content) = (dialect.namespace(), xml.into_string());
    format!(r#"<{action}Response xmlns="{namespace}">{content}</{action}Response>"#)
}

/// `<ErrorResponse><Error>…</Error><RequestId>…`, the form of the query protocol.
fn error_document(dialect: Dialect, refusal: &ApiError, request_id: &str) -> String {
    let mut xml = Xml::default();
    xml.element("Error", |xml| {
        xml.text("Type", if refusal.is_senders_fault() { "Sender" } else { "Receiver" })
            .text("Code", &refusal.code)
            .text("Message", &refusal.message);
    })
    .text("RequestId", request_id);
    let (namespace, content) = (dialect.namespace(), xml.into_string());
    format!(r#"<ErrorResponse xmlns="{namespace}">{content}</ErrorResponse>"#)
}

fn access_denied(world: &World, action: &str, params: &Params) -> ApiError {
    let action = format!("{}:{action}", params.dialect().service().iam_prefix());
    let resource = RESOURCES.iter().find_map(|name| params.optional(name)).unwrap_or("*");
    ApiError::access_denied(&sts::caller(world), &action, resource)
}

/// The parameters that say what a call is about, the nearest first.
const RESOURCES: [&str; 23] = [
    "TargetGroupArn",
    "TargetGroupArns.member.1",
    "ListenerArn",
    "LoadBalancerArn",
    "LoadBalancerArns.member.1",
    "ResourceArns.member.1",
    "Names.member.1",
    "Name",
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "DBClusterEndpointIdentifier",
    "DBProxyEndpointName",
    "DBProxyName",
    "BlueGreenDeploymentIdentifier",
    "Source",
    "GlobalClusterIdentifier",
    "SubscriptionName",
    "SourceIdentifier",
    "ResourceName",
    "SubscriptionArn",
    "TopicArn",
    "TargetArn",
    "Filters.Filter.1.Values.Value.1",
];

fn resource(form: &BTreeMap<String, String>) -> &str {
    RESOURCES.iter().find_map(|name| form.get(*name)).map_or("", String::as_str)
}

/// Parameters of a call that the journal keeps, and characters of each: it holds many calls.
const JOURNAL: (usize, usize) = (256, 1024);

/// The parameters without those that every call has.
fn asked(form: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let own = form.into_iter().filter(|(name, _)| name != "Action" && name != "Version");
    let bounded = |text: String| match text.char_indices().nth(JOURNAL.1) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    };
    own.take(JOURNAL.0).map(|(name, value)| (bounded(name), bounded(value))).collect()
}
