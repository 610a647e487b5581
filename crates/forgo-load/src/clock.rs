//! The clock, and what the time is used for. An answer that depends on the time can't be kept, so
//! every use states why no kept answer does, or is [`For::Answer`]; a lint sends callers here.

use std::time::{Instant, SystemTime};

use crate::footprint;

/// What the time is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// It is part of what the invocation prints: its answer is not kept.
    Answer,
    /// It is only printed, in output that is never kept: the progress line, `-x`, traces.
    Display,
    /// It becomes the time of a file or a record, and is not compared with the content.
    Stamp,
    /// It is compared with the times of files, to find out which were changed just now: these are
    /// not relied on.
    Settled,
    /// It decides when something is done, and not what.
    Schedule,
}

/// The time of day.
#[expect(clippy::disallowed_methods, reason = "others state here what for")]
pub fn now(what: For) -> SystemTime {
    heed(what);
    SystemTime::now()
}

/// The time since an unknown moment, which is never set back.
#[expect(clippy::disallowed_methods, reason = "others state here what for")]
pub fn instant(what: For) -> Instant {
    heed(what);
    Instant::now()
}

fn heed(what: For) {
    if what == For::Answer {
        footprint::refuse("the time is part of the answer");
    }
}
