//! A warm standby, which some settings have.

use super::Bound;
use crate::dice::Dice;
use crate::scene::Standby;
use crate::world::elbv2::TargetRequest;
use crate::world::rds::MultiAz;
use crate::world::{ApiError, World};

/// How many settings in a hundred have one.
const PERCENT: usize = 30;

/// Perhaps makes the binding of an instance warm, whose standby may be a target already or have a
/// neighbour that stays. Gives the binding's number.
pub(super) fn draw(
    world: &mut World,
    bounds: &mut [Bound],
    dice: &mut Dice,
    words: &mut Vec<String>,
) -> Result<Option<usize>, ApiError> {
    let fits =
        |bound: &Bound| bound.multi_az == MultiAz::Yes && !bound.engine.standby_accepts_tcp();
    let place = bounds.iter().position(fits).filter(|_| dice.percent(PERCENT));
    let Some(place) = place else { return Ok(None) };
    let bound = &mut bounds[place];
    bound.link.standby = Standby::Warm;
    let name = bound.link.database();
    words.push(format!("the standby of {name} is warm"));
    if dice.percent(60)
        && let Some(standby) = bound.link.warm_standby(world)
    {
        let target = TargetRequest::new(&standby.ip().to_string(), standby.port());
        world.register_targets(&bound.link.group, &[target])?;
    }
    if dice.percent(15) {
        world.add_replica(name, &format!("copy-of-{name}"), MultiAz::Yes)?;
        words.push(format!("a database shares the security groups of {name}"));
    }
    Ok(Some(place))
}
