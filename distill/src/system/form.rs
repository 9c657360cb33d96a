//! Forms in which an image can be had beside its own.

use std::fmt;
use std::sync::Arc;

use crate::package::Config;
use crate::plan::Plan;

/// A form in which the image of a platform can be had beside its own, such as `qcow2`: what
/// `build --format` makes.
#[derive(Clone)]
pub struct ImageForm {
    /// What it is called.
    pub name: String,
    /// How the file's name ends, without the dot; nothing, if it is a tree.
    pub extension: String,
    make: Arc<dyn Fn(&Config, Plan) -> Plan + Send + Sync>,
}

impl ImageForm {
    /// A form that `make` gives to an image.
    pub fn new(
        name: impl Into<String>,
        extension: impl Into<String>,
        make: impl Fn(&Config, Plan) -> Plan + Send + Sync + 'static,
    ) -> ImageForm {
        ImageForm {
            name: name.into(),
            extension: extension.into(),
            make: Arc::new(make),
        }
    }

    /// `image` in this form.
    pub fn of(&self, config: &Config, image: Plan) -> Plan {
        (self.make)(config, image)
    }
}

impl fmt::Debug for ImageForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ImageForm").field(&self.name).finish()
    }
}
