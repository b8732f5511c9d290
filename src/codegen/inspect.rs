//! Holds generated functions against the rule that nothing in them can end the process.

use cranelift_codegen::ir::{Function, Inst, Opcode};

/// The first instruction that can trap, or that assumes an alignment nobody promised.
pub(super) fn first_trapping(function: &Function) -> Option<String> {
    let blocks = function.layout.blocks();
    let mut instructions = blocks.flat_map(|block| function.layout.block_insts(block));
    let trapping = instructions.find(|inst| may_trap(function, *inst))?;
    Some(function.dfg.display_inst(trapping).to_string())
}

fn may_trap(function: &Function, inst: Inst) -> bool {
    let data = &function.dfg.insts[inst];
    let opcode = data.opcode();
    match data.memflags_data(&function.dfg) {
        Some(flags) => !flags.notrap() || flags.aligned(),
        None if opcode == Opcode::Call => false,
        None => opcode.can_trap() || opcode.can_load() || opcode.can_store(),
    }
}
