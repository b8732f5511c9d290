//! What can be known early: IR to smaller IR.
