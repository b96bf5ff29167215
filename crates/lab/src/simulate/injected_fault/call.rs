//! Which fault it was that struck a call.

use super::InjectedFault;
use crate::fault::Effect;

impl InjectedFault {
    /// The row of a fault that struck a call.
    pub(in crate::simulate) fn of_call(operation: &str, effect: &Effect) -> Option<InjectedFault> {
        use InjectedFault as Fault;
        if matches!(effect, Effect::Error(error) if error.code == "ExpiredToken") {
            return Some(Fault::CredentialsExpired);
        }
        Some(match (operation, effect) {
            (operation, effect) if operation.starts_with("DescribeDB") => match effect {
                Effect::Throttle => Fault::RdsThrottled,
                Effect::ServerErrorBefore => Fault::RdsServerError,
                Effect::Delay(_) => Fault::RdsSlow,
                Effect::EmptyPage | Effect::LostPage => Fault::RdsPageLost,
                Effect::AccessDenied => Fault::RdsDenied,
                _ => return None,
            },
            ("DescribeTargetHealth" | "DescribeTargetGroups", effect) => match effect {
                Effect::Throttle => Fault::ReadThrottled,
                Effect::ServerErrorBefore => Fault::ReadServerError,
                Effect::Stale => Fault::ReadStale,
                Effect::AccessDenied => Fault::HealthDenied,
                _ => return None,
            },
            ("DescribeNetworkInterfaces", effect) => match effect {
                Effect::AccessDenied => Fault::InterfacesDenied,
                Effect::Throttle => Fault::InterfacesThrottled,
                Effect::ServerErrorBefore => Fault::InterfacesUnread,
                _ => return None,
            },
            ("RegisterTargets" | "DeregisterTargets", effect) => match effect {
                Effect::Throttle => Fault::WriteThrottled,
                Effect::ServerErrorBefore => Fault::WriteErrorBefore,
                Effect::ServerErrorAfter => Fault::WriteErrorAfter,
                Effect::ResetAfter | Effect::Hang | Effect::Truncated | Effect::Late(_) => {
                    Fault::WriteReplyLost
                }
                Effect::Partial => Fault::WritePartial,
                Effect::AccessDenied if operation == "RegisterTargets" => Fault::RegisterDenied,
                Effect::AccessDenied => Fault::DeregisterDenied,
                _ => return None,
            },
            _ => return None,
        })
    }
}
