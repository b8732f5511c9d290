//! Takes out loads of what nothing reads: values are loaded whole, and often one word of them says
//! all. Later stages of the code generator keep every load that may not be moved.

use cranelift_codegen::ir::{Function, Inst, Opcode, Value};
use rustc_hash::FxHashMap;

/// Removes the loads whose results nothing reads, which have no other effect: none traps.
pub(super) fn remove_loads(function: &mut Function) {
    let mut n_reads: FxHashMap<Value, usize> = FxHashMap::default();
    let blocks = function.layout.blocks();
    let instructions: Vec<Inst> =
        blocks.flat_map(|block| function.layout.block_insts(block)).collect();
    for inst in &instructions {
        for value in function.dfg.inst_values(*inst) {
            *n_reads.entry(function.dfg.resolve_aliases(value)).or_default() += 1;
        }
    }
    // What a load reads comes before it, and may be a load that is read no more then.
    for inst in instructions.into_iter().rev() {
        let is_read = |value: &Value| n_reads.get(value).is_some_and(|n| *n > 0);
        let is_load = function.dfg.insts[inst].opcode() == Opcode::Load;
        if !is_load || function.dfg.inst_results(inst).iter().any(is_read) {
            continue;
        }
        for value in function.dfg.inst_values(inst) {
            if let Some(n) = n_reads.get_mut(&function.dfg.resolve_aliases(value)) {
                *n = n.saturating_sub(1);
            }
        }
        function.layout.remove_inst(inst);
    }
}
