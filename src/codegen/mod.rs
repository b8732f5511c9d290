//! The same as the interpreter, fast: IR becomes machine code.
