//! Services: what is started on the machines of this crate.

use distill::execline;
use distill::package::Words;
use distill::system::{Service, User};

use crate::packages;

/// memcached as its own user, with arguments of your choice; it listens on port 11211.
pub fn memcached(args: impl Into<Words>) -> Service {
    let args = args.into();
    Service::longrun("memcached", execline! {
        fdmove -c 2 1
        memcached -u memcached #{args}
    })
    .package(packages::memcached)
    .user(User::system("memcached"))
    .listens("tcp/11211")
    .ready_when(execline! { nc -z "127.0.0.1" 11211 })
}
