//! Topics, subscriptions, and messages on their way to functions.

mod envelope;
mod topic;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::Value;

pub use topic::Subscription;
use topic::invalid;

use crate::fault::DeliveryFault;
use crate::world::{self, ApiError, World, ids};

/// All topics of the region, their subscriptions, and what was published.
#[derive(Clone, Debug, Default)]
pub struct Sns {
    topics: BTreeSet<String>,
    subscriptions: BTreeMap<String, Subscription>,
    published: VecDeque<Published>,
    outbox: VecDeque<Delivery>,
    serial: u64,
}

/// A message that was published to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// When.
    pub at: Duration,
    /// Its id, which every delivery of it carries.
    pub message_id: String,
    /// The topic's ARN.
    pub topic: String,
    pub subject: Option<String>,
    /// Its text.
    pub message: String,
    /// Its attributes, all of type String.
    pub attributes: BTreeMap<String, String>,
}

/// A message that has reached a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The function's ARN.
    pub function: String,
    /// The event that Lambda invokes it with.
    pub payload: Value,
}

/// A change of a message that is due later.
#[derive(Clone, Debug)]
pub enum SnsChange {
    /// A message reaches a function.
    Deliver(Delivery),
}

impl Sns {
    /// How many published messages are kept.
    pub const KEPT: usize = 10_000;

    /// The latest published messages, oldest first.
    pub fn published(&self) -> impl DoubleEndedIterator<Item = &Published> {
        self.published.iter()
    }

    /// Takes the messages that have reached their functions, oldest first.
    pub fn take_deliveries(&mut self) -> Vec<Delivery> {
        self.outbox.drain(..).collect()
    }

    fn next_id(&mut self) -> String {
        self.serial += 1;
        ids::uuid(self.serial)
    }
}

impl World {
    /// Publish: every function that subscribes to the topic is invoked a little later. Gives the
    /// message's id.
    pub fn publish(
        &mut self,
        topic: &str,
        subject: Option<&str>,
        message: &str,
        attributes: BTreeMap<String, String>,
    ) -> Result<String, ApiError> {
        if message.is_empty() {
            return Err(invalid("Empty message"));
        }
        // AWS docs: Publish, Message: at most 256 KB.
        if message.len() > 256 * 1024 {
            return Err(invalid("Message too long"));
        }
        if subject.is_some_and(|subject| !is_subject(subject)) {
            return Err(invalid("Subject"));
        }
        self.sns.check_topic(topic)?;
        let published = Published {
            at: self.now,
            message_id: self.sns.next_id(),
            topic: topic.to_owned(),
            subject: subject.map(str::to_owned),
            message: message.to_owned(),
            attributes,
        };
        let message_id = published.message_id.clone();
        self.send(&published);
        if self.sns.published.len() == Sns::KEPT {
            self.sns.published.pop_front();
        }
        self.sns.published.push_back(published);
        Ok(message_id)
    }

    /// Sends a published message to the topic's functions, with the fault that is planned for it.
    fn send(&mut self, published: &Published) {
        let to =
            self.sns.subscriptions.values().filter(|to| {
                to.topic == published.topic && to.protocol == "lambda" && to.confirmed
            });
        let deliveries: Vec<Delivery> = to.map(|to| self.delivery(published, to)).collect();
        if deliveries.is_empty() {
            return;
        }
        let (copies, delay) = match self.faults.take_delivery() {
            None => (1, Duration::ZERO),
            Some(DeliveryFault::Lose) => (0, Duration::ZERO),
            Some(DeliveryFault::Duplicate(more)) => (1 + more, Duration::ZERO),
            Some(DeliveryFault::Delay(delay)) => (1, delay),
        };
        for copy in 0..copies {
            for delivery in &deliveries {
                let after = self.pace.delivery * (copy + 1) + delay;
                self.after(after, world::WorldChange::Sns(SnsChange::Deliver(delivery.clone())));
            }
        }
    }

    pub(super) fn apply_sns(&mut self, change: SnsChange) {
        match change {
            SnsChange::Deliver(delivery) => self.sns.outbox.push_back(delivery),
        }
    }
}

/// Whether SNS takes this subject: ASCII text without line breaks and control characters that
/// begins with a letter, a number or a punctuation mark, and has no more than 100 characters
/// (botocore sns 2010-03-31, Publish: Subject).
fn is_subject(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_graphic() || c == ' ';
    (1..=100).contains(&text.len()) && text.chars().all(is_plain) && !text.starts_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::DeliveryFault;

    const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:writerlink";

    fn subscribed() -> (World, String) {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        let topic = world.add_topic("events");
        world.subscribe(&topic, "lambda", FUNCTION).expect("the topic exists");
        (world, topic)
    }

    fn send(world: &mut World, topic: &str) -> usize {
        world.publish(topic, None, "hello", BTreeMap::new()).expect("the topic exists");
        world.pass(Duration::from_secs(1));
        world.sns.take_deliveries().len()
    }

    #[test]
    fn a_lost_message_never_arrives_and_a_duplicated_one_keeps_its_id() {
        let (mut world, topic) = subscribed();
        world.faults.add_delivery(DeliveryFault::Lose);
        world.faults.add_delivery(DeliveryFault::Duplicate(1));
        assert_eq!(send(&mut world, &topic), 0);
        world.publish(&topic, None, "text", BTreeMap::new()).expect("the topic exists");
        world.pass(Duration::from_secs(1));
        let deliveries = world.sns.take_deliveries();
        assert_eq!(deliveries.len(), 2);
        assert_eq!(deliveries[0], deliveries[1]);
    }

    #[test]
    fn a_subject_a_topic_or_a_message_that_sns_does_not_take_is_refused() {
        let (mut world, topic) = subscribed();
        let mut refusal = |topic: &str, subject: &str, message: &str| {
            let published = world.publish(topic, Some(subject), message, BTreeMap::new());
            published.expect_err("it is refused")
        };
        let long = "x".repeat(101);
        for subject in ["", "two\nlines", " blank", "ümlaut", &long] {
            assert_eq!(refusal(&topic, subject, "text").message, "Invalid parameter: Subject");
        }
        assert_eq!(refusal(&topic, "subject", "").code, "InvalidParameter");
        for topic in ["events", "arn:aws:sns:eu-west-1:111122223333", "arn:aws:sns:::events"] {
            assert_eq!(refusal(topic, "subject", "text").message, "Invalid parameter: TopicArn");
        }
        let gone = refusal(&format!("{topic}-gone"), "subject", "text");
        assert_eq!((gone.code.as_ref(), gone.status), ("NotFound", 404));
        assert_eq!(send(&mut world, &topic), 1);
    }
}
