//! Running a plan.

pub mod build_id;
