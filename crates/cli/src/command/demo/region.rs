//! The region, the function in it, and the course of the play.

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
use super::story::{Decisions, Story};
use crate::render::timeline::Kind;
use writerlink_lab::scene::{FUNCTION, Link, Scene};

/// How often the region is looked at.
const TICK: Duration = Duration::from_millis(20);

/// Everything in its place.
pub(super) struct DemoRegion {
    lab: Lab,
    handler: Handler,
    links: Vec<Link>,
    pace: Pace,
}

impl DemoRegion {
    /// Starts the region and makes the function ready in it.
    pub(super) async fn set() -> anyhow::Result<Self> {
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

    /// What will go wrong.
    pub(super) fn faults(&self) -> String {
        script::faults(&self.pace)
    }

    /// Plays to the end.
    pub(super) async fn play(&self, story: &Story) -> Vec<GroupVerdict> {
        let (inbox, calls) = Inbox::new();
        let mut observer = Observer::new(&self.links, &self.lab.world(), story);
        tokio::select! {
            () = self.watch(&mut observer, &inbox, story) => {}
            () = self.work(calls, &inbox, story) => {}
        }
        let world = self.lab.world();
        self.links
            .iter()
            .zip(observer.accounts())
            .map(|(link, account)| GroupVerdict::of(link, account, &world))
            .collect()
    }

    async fn work(&self, calls: Calls, inbox: &Inbox, story: &Story) {
        let mut decisions = Decisions { story, links: &self.links };
        calls.handle(&self.handler, inbox, &mut decisions).await;
    }

    /// Gives the cues, and looks on until all is well and quiet, or it has taken too long.
    async fn watch(&self, observer: &mut Observer<'_>, inbox: &Inbox, story: &Story) {
        let mut cues = script::cues();
        let quiet_from = script::calm_after(&self.pace);
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while story.elapsed() < script::LIMIT {
            ticks.tick().await;
            while let Some(cue) = cues.pop_front_if(|cue| cue.at <= story.elapsed()) {
                story.tell(Kind::Truth, Some(cue.database), cue.text.to_owned());
                if let Err(error) = (cue.happen)(&mut self.lab.world()) {
                    story.tell(Kind::Trouble, Some(cue.database), error.to_string());
                }
            }
            inbox.take(&self.lab.invocations(), story);
            observer.look(&self.lab.world(), story);
            let is_calm = story.elapsed() > quiet_from && inbox.is_empty();
            if cues.is_empty() && is_calm && observer.is_content() {
                return;
            }
        }
    }
}
