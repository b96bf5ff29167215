//! What is stored for others to read: parameters of SSM, and objects of S3.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::world::World;

/// A parameter of SSM.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Parameter {
    pub name: String,
    pub value: String,
    /// How often it was written; 1, when not given.
    #[serde(default = "first")]
    pub version: u32,
}

/// An object of S3, in a bucket without versions.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Object {
    pub bucket: String,
    pub key: String,
    pub text: String,
}

fn first() -> u32 {
    1
}

impl World {
    /// Writes a parameter, as `PutParameter` with `Overwrite` does.
    pub fn put_parameter(&mut self, name: &str, value: &str) {
        let parameters = &mut self.surroundings.parameters;
        match parameters.iter_mut().find(|one| one.name == name) {
            Some(one) => (one.value, one.version) = (value.to_owned(), one.version + 1),
            None => parameters.push(Parameter {
                name: name.to_owned(),
                value: value.to_owned(),
                version: first(),
            }),
        }
    }

    /// Writes an object, as `PutObject` does.
    pub fn put_object(&mut self, bucket: &str, key: &str, text: &str) {
        let (bucket, key, text) = (bucket.to_owned(), key.to_owned(), text.to_owned());
        let objects = &mut self.surroundings.objects;
        objects.retain(|one| (&one.bucket, &one.key) != (&bucket, &key));
        objects.push(Object { bucket, key, text });
    }
}
