//! An organization becomes running servers; the only place that swaps them.
