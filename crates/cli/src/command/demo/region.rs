//! The region, the function in it, and the main loop of the demo.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use writerlink_aws::Clients;
use writerlink_core::config::{Config, Location};
use writerlink_lab::wire::{Lab, Options};
use writerlink_lab::world::Pace;
use writerlink_lambda::Handler;

use super::inbox::{Calls, Inbox};
use super::judge::GroupVerdict;
use super::observer::Observer;
use super::script;
use super::timeline::{Decisions, Timeline};
use crate::render::timeline::Kind;
use writerlink_lab::scene::{FUNCTION, Link, Scene};

/// How often the region is looked at.
const TICK: Duration = Duration::from_millis(20);

/// The running region, and the function that is ready in it.
pub(super) struct DemoRegion {
    lab: Lab,
    handler: Handler,
    links: Vec<Link>,
    pace: Pace,
}

impl DemoRegion {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let pace = Pace::brisk();
        let scene = Scene::new(pace.clone())?;
        let region = scene.world.region.clone();
        let options = Options {
            function: FUNCTION.to_owned(),
            sweep_every: Some(script::SWEEP_EVERY),
            ..Options::default()
        };
        let lab = Lab::start(scene.world.clone(), options).await?;
        let text = scene.config(lab.dns(), script::TIMING);
        let config = Config::parse(&text, &Location::Inline(text.clone()))?;
        let clients = Clients::at(&lab.aws_endpoint(), &region)?;
        Ok(Self { handler: Handler::new(config, &clients)?, lab, links: scene.links, pace })
    }

    pub(super) fn faults(&self) -> String {
        script::faults(&self.pace)
    }

    /// Plays to the end, and judges each group.
    pub(super) async fn play(&self, timeline: &Timeline) -> Vec<GroupVerdict> {
        let (inbox, calls) = Inbox::new();
        let mut observer = Observer::new(&self.links, &self.lab.world(), timeline);
        tokio::select! {
            () = self.watch(&mut observer, &inbox, timeline) => {}
            () = self.work(calls, &inbox, timeline) => {}
        }
        let world = self.lab.world();
        self.links
            .iter()
            .zip(observer.groups())
            .map(|(link, seen)| GroupVerdict::of(link, seen, &world))
            .collect()
    }

    async fn work(&self, calls: Calls, inbox: &Inbox, timeline: &Timeline) {
        let mut decisions = Decisions { timeline, links: &self.links };
        calls.handle(&self.handler, inbox, &mut decisions).await;
    }

    /// Applies the steps, and observes until everything is right and quiet, or until the limit.
    async fn watch(&self, observer: &mut Observer<'_>, inbox: &Inbox, timeline: &Timeline) {
        let mut steps = script::failures();
        let quiet_from = script::calm_after(&self.pace);
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while timeline.elapsed() < script::LIMIT {
            ticks.tick().await;
            while let Some(step) = steps.pop_front_if(|step| step.at <= timeline.elapsed()) {
                timeline.record(Kind::Truth, Some(step.database), step.text.to_owned());
                if let Err(error) = (step.apply)(&mut self.lab.world()) {
                    timeline.record(Kind::Fault, Some(step.database), error.to_string());
                }
            }
            inbox.take(&self.lab.invocations(), timeline);
            observer.look(&self.lab.world(), timeline);
            let is_calm = timeline.elapsed() > quiet_from && inbox.is_empty();
            if steps.is_empty() && is_calm && observer.all_right() {
                return;
            }
        }
    }
}
