//! A database whose name moves to another one; one eighth of the settings have one.

use std::time::Duration;

use super::Bound;
use crate::dice::Dice;
use crate::scene::tell_of_more;
use crate::world::pace::SwitchoverPace;
use crate::world::rds::SecondaryName;
use crate::world::{ApiError, World};

/// How many settings in a hundred have one.
const PERCENT: usize = 12;

/// A binding whose name moves.
pub(in crate::simulate) struct Moved {
    pub(in crate::simulate) place: usize,
    /// Its cluster is the primary of a global database.
    pub(in crate::simulate) is_global: bool,
}

impl Moved {
    /// Draws one of these or none, how fast its name moves, and its event subscriptions.
    pub(super) fn draw(
        world: &mut World,
        bounds: &[Bound],
        topic: &str,
        dice: &mut Dice,
        words: &mut Vec<String>,
    ) -> Result<Option<Moved>, ApiError> {
        if !dice.percent(PERCENT) {
            return Ok(None);
        }
        let place = dice.below(bounds.len());
        let bound = &bounds[place];
        // With a clock that does not advance, two moves would be one.
        let moment = Duration::from_millis(1);
        world.pace.global_move = dice.seconds(5, 40);
        world.pace.delete = dice.seconds(10, 60);
        world.pace.switchover = SwitchoverPace {
            checks: dice.seconds(1, 15),
            catch_up: dice.seconds(1, 15),
            open: dice.seconds(0, 20),
            shown: dice.seconds(0, 20),
            dns: dice.seconds(0, 20),
            dns_step: dice.seconds(0, 4) + moment,
            gap: dice.seconds(0, 5) + moment,
            completed: dice.seconds(5, 30),
        };
        if dice.percent(30) {
            world.rds.secondary_name = SecondaryName::Reader;
        }
        if dice.percent(70) {
            tell_of_more(world, topic);
        }
        let is_global = bound.is_cluster() && dice.percent(35);
        if is_global {
            let database = bound.link.database();
            world.rds.make_global_primary(database, &format!("{database}-everywhere"))?;
            words.push(format!("{database} belongs to a global database"));
        }
        Ok(Some(Moved { place, is_global }))
    }
}
