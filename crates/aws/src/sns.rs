//! Publishes outcomes to an SNS topic.

use aws_sdk_sns::Client;
use writerlink_core::failure::CallError;

use crate::error::write_error;
use crate::home::Home;
use crate::watch::Watch;

const PUBLISH: &str = "sns:Publish";

/// The longest message (AWS docs: SNS `Publish`, "at most 256 KB").
const LONGEST_MESSAGE: usize = 262_144;

/// The longest subject (AWS docs: SNS `Publish`, "must be less than 100 characters long").
const LONGEST_SUBJECT: usize = 99;

/// Publishes messages that people read.
#[derive(Debug, Clone)]
pub struct Notifier {
    sns: Client,
    home: Home,
}

impl Notifier {
    pub(crate) fn new(sns: Client, home: Home) -> Self {
        Self { sns, home }
    }

    /// Publishes `text` to a topic, in one attempt. What SNS would refuse in the subject or the
    /// text is cut off or replaced.
    ///
    /// # Errors
    /// When the topic is in another Region, or SNS did not accept the message.
    pub async fn publish(&self, topic: &str, subject: &str, text: &str) -> Result<(), CallError> {
        self.home.admits_arn(PUBLISH, topic)?;
        let watch = Watch::of(PUBLISH);
        let send = self
            .sns
            .publish()
            .topic_arn(topic)
            .set_subject(fit_subject(subject))
            .message(fit_message(text))
            .customize()
            .interceptor(watch.clone())
            .send();
        send.await.map_err(|error| write_error(PUBLISH, &error, watch.sent()))?;
        Ok(())
    }
}

/// SNS takes ASCII without control characters that begins with a letter, a digit or punctuation,
/// and refuses an empty subject (AWS docs: SNS `Publish`).
fn fit_subject(subject: &str) -> Option<String> {
    let printable = |c: char| {
        if c.is_ascii_graphic() || c == ' ' { c } else { '?' }
    };
    let subject: String = subject.trim().chars().map(printable).take(LONGEST_SUBJECT).collect();
    (!subject.is_empty()).then_some(subject)
}

/// SNS refuses an empty message.
fn fit_message(text: &str) -> &str {
    if text.is_empty() {
        return "-";
    }
    &text[..text.floor_char_boundary(LONGEST_MESSAGE)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_made_fit_for_sns() {
        assert_eq!(
            fit_subject("  Writerlink: orders\nheld – é "),
            Some("Writerlink: orders?held ? ?".to_owned())
        );
        assert_eq!(fit_subject(&"x".repeat(500)).map(|s| s.len()), Some(99));
        assert_eq!(fit_subject(" \n"), None);
    }

    #[test]
    fn a_message_is_cut_at_256_kilobytes_between_characters() {
        let cut = fit_message(&"é".repeat(200_000)).len();
        assert!(cut <= LONGEST_MESSAGE && cut > LONGEST_MESSAGE - 2);
        assert_eq!(fit_message(""), "-");
        assert_eq!(fit_message("ok"), "ok");
    }
}
