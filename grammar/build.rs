//! Turns `expression.lalrpop` into a parser in `OUT_DIR`, and tells the level of optimization. The
//! only build script.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=grammar");
    // What instructions are counted by depends on it (`tests/it/counts.rs`).
    println!("cargo:rustc-env=CLAIMSMITH_OPT_LEVEL={}", std::env::var("OPT_LEVEL")?);
    lalrpop::Configuration::new()
        .set_in_dir("grammar")
        .set_out_dir(std::env::var("OUT_DIR")?)
        .process()
}
