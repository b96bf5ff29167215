//! Tags of clusters and instances. They stay with the resource through a rename, which gives it
//! another ARN.

use super::Rds;
use crate::world::ApiError;
use crate::world::elbv2::Tags;

impl Rds {
    /// The tags of a cluster or an instance, by its resource id.
    pub fn tags(&self, resource: &str) -> impl Iterator<Item = (&String, &String)> {
        self.tags.get(resource).into_iter().flatten()
    }

    /// The resource id behind an ARN (botocore rds 2014-10-31: these operations take ARNs, and no
    /// names).
    fn resource(&self, arn: &str) -> Result<String, ApiError> {
        let kind = arn.split(':').nth(5).unwrap_or_default();
        match kind {
            "cluster" => Ok(self.find_cluster(arn)?.resource_id.clone()),
            "db" => Ok(self.find_instance(arn)?.resource_id.clone()),
            _ => Err(ApiError::invalid_parameter_value(format!(
                "The specified resource name {arn} does not match an RDS resource in this region."
            ))),
        }
    }
}

impl Rds {
    /// AddTagsToResource: a key that is there is overwritten.
    pub fn add_tags(&mut self, arn: &str, tags: Tags) -> Result<(), ApiError> {
        let resource = self.resource(arn)?;
        self.tags.entry(resource).or_default().extend(tags);
        Ok(())
    }

    /// RemoveTagsFromResource: a key that is not there is no error.
    pub fn remove_tags(&mut self, arn: &str, keys: &[String]) -> Result<(), ApiError> {
        let resource = self.resource(arn)?;
        self.tags.entry(resource).or_default().retain(|key, _| !keys.contains(key));
        Ok(())
    }

    /// ListTagsForResource.
    pub fn tags_of(&self, arn: &str) -> Result<Tags, ApiError> {
        let resource = self.resource(arn)?;
        Ok(self.tags.get(&resource).cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use crate::world::rds::Engine;
    use crate::world::vpc::Zone;

    fn tags(value: &str) -> Tags {
        Tags::from([("writerlink:publish".to_owned(), value.to_owned())])
    }

    #[test]
    fn tags_stay_with_a_cluster_through_a_rename() {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        world
            .add_aurora("orders", Engine::AuroraMysql, &[("orders-1", Zone::A)])
            .expect("good names");
        let old = world.cluster_arn("orders");
        world.rds.add_tags(&old, tags("link")).expect("it exists");
        world.rename_cluster("orders", "sales").expect("a good name");
        world.pass(std::time::Duration::from_secs(3600));
        assert_eq!(world.rds.tags_of(&old).expect_err("it is gone").code, "DBClusterNotFoundFault");
        let new = world.cluster_arn("sales");
        assert_eq!(world.rds.tags_of(&new), Ok(tags("link")));
        world.rds.remove_tags(&new, &["writerlink:publish".to_owned()]).expect("it exists");
        assert_eq!(world.rds.tags_of(&new), Ok(Tags::new()));
    }
}
