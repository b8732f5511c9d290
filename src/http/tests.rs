//! The endpoints in process, without sockets.
