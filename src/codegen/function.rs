//! The state of one function while it is written, and the small steps everything else is made of:
//! constants, loads and stores, blocks, faults and charges.

use super::constant::Constants;
use super::import::Calls;
use super::kept::Lambda;
use super::machine::Imports;
use super::share::Sharing;
use super::whole::wanted_whole;
use super::{Mistake, Place, Settings, Site};
use crate::ir::{Body, LocalId, Node, NodeId, NodeKind};
use crate::source::Span;
use claimsmith_runtime::abi::OFFSETS;
use claimsmith_runtime::fault::OUTPUT_FULL;
use claimsmith_runtime::functions::Operator;
use claimsmith_runtime::types::{RecordType, Shape, Type};
use claimsmith_runtime::value::layout;
use claimsmith_runtime::{Fault, Kind, limits};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{self, Block, BlockArg, InstBuilder, MemFlagsData};
use cranelift_frontend::{FunctionBuilder, Variable};
use std::sync::Arc;

/// A value of generated code, in a register.
pub(super) type Ssa = ir::Value;

/// The two words of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    pub(super) bits: Ssa,
    pub(super) meta: Ssa,
}

/// What a local is bound to, and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Binding<'b> {
    pub(super) words: Words,
    /// A text that it, or the name it acts as, is known to begin with.
    pub(super) prefix: Option<&'b str>,
}

/// What the safe entry point makes sure of before the code runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Needs {
    /// Ordinals of roots that are read, with the type each must have, and whether it may be null.
    pub(super) roots: Vec<(usize, Option<Arc<RecordType>>, bool)>,
    /// How many name constants there must be.
    pub(super) n_names: usize,
    /// Words of the set of selected members.
    pub(super) n_words: usize,
    /// The type of every group's attributes.
    pub(super) groups: Option<Arc<RecordType>>,
}

/// What outlives one function.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) constants: Constants,
    /// Whose results are kept.
    pub(super) lambdas: Vec<Arc<Lambda>>,
    pub(super) sites: Vec<Site>,
    pub(super) settings: Settings,
}

/// How steps are counted at a place of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counting {
    /// Not at all: everything that the expression can spend is constant, and less than it has.
    Needless,
    /// Without asking whether any are left: so far only constants were spent.
    Unchecked,
    /// There may be too few.
    Checked,
}

impl Counting {
    /// At the beginning of an expression.
    fn of(body: &Body, settings: Settings) -> Self {
        if settings.counts_at_once {
            return Self::Checked;
        }
        let (mut constant, mut is_constant) = (0_i64, !settings.tells_steps);
        for node in &body.nodes {
            match node.kind {
                NodeKind::Charge { steps, .. } => constant += i64::from(steps),
                NodeKind::ChargeSize(..) | NodeKind::Stream { .. } => is_constant = false,
                _ => {}
            }
        }
        match (constant <= limits::STEPS, is_constant) {
            (false, _) => Self::Checked,
            (true, true) => Self::Needless,
            (true, false) => Self::Unchecked,
        }
    }
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        Self { constants: Constants::new(), lambdas: Vec::new(), sites: Vec::new(), settings }
    }
}

/// One function while it is written.
pub(super) struct Emitter<'e, 'b> {
    pub(super) builder: FunctionBuilder<'e>,
    pub(super) shared: &'e mut Shared,
    pub(super) needs: Needs,
    body: &'b Body,
    place: Option<Place>,
    locals: Vec<Option<Binding<'b>>>,
    /// By node, see [`wanted_whole`].
    wanted_whole: Vec<bool>,
    /// The context as the function was given it: for fixed loads, which leave loops.
    pub(super) context: Ssa,
    pub(super) roots: Ssa,
    pub(super) selected: Ssa,
    /// Steps that may still be spent.
    pub(super) steps: Variable,
    /// Where the next byte of output goes.
    pub(super) cursor: Variable,
    /// The output of the expression may end here.
    pub(super) limit: Ssa,
    /// Bytes written since the cursor was last compared with the limit.
    pub(super) unchecked: u32,
    /// Whether these are all that the expression wrote, into an output that has room for all it may.
    pub(super) is_roomy: bool,
    /// Whether all that the expression wrote is fixed and short: surely no more than it may write.
    pub(super) is_short: bool,
    /// How the steps of the expression are counted.
    pub(super) counting: Counting,
    /// Takes a fault's code and its site.
    fault: Block,
    pub(super) full: Block,
    pub(super) sharing: Sharing,
    pub(super) calls: Calls,
}

impl<'e, 'b> Emitter<'e, 'b> {
    /// Opens the function. `body` is the first expression it will hold.
    pub(super) fn new(
        mut builder: FunctionBuilder<'e>,
        shared: &'e mut Shared,
        imports: Imports,
        body: &'b Body,
    ) -> Self {
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        builder.seal_block(entry);
        let parameters = builder.block_params(entry).to_vec();
        let mut parameter = parameters.into_iter();
        let zero = builder.ins().iconst(I64, 0);
        let mut next = || parameter.next().unwrap_or(zero);
        let (context, roots, selected) = (next(), next(), next());
        let (steps, cursor) = (builder.declare_var(I64), builder.declare_var(I64));
        builder.def_var(steps, zero);
        builder.def_var(cursor, zero);
        let (fault, full) = (builder.create_block(), builder.create_block());
        builder.append_block_param(fault, I32);
        builder.append_block_param(fault, I32);
        builder.set_cold_block(fault);
        builder.set_cold_block(full);
        Self {
            builder,
            shared,
            needs: Needs::default(),
            body,
            place: None,
            locals: Vec::new(),
            wanted_whole: Vec::new(),
            context,
            roots,
            selected,
            steps,
            cursor,
            limit: zero,
            unchecked: 0,
            is_roomy: false,
            is_short: false,
            counting: Counting::Checked,
            fault,
            full,
            sharing: Sharing::default(),
            calls: Calls::new(imports),
        }
    }

    /// Turns to an expression, with a budget of its own.
    pub(super) fn start(&mut self, body: &'b Body, place: Option<Place>) {
        self.body = body;
        self.place = place;
        self.share_in(body);
        self.locals = vec![None; body.n_locals as usize];
        self.wanted_whole = match self.shared.settings.makes_unread {
            false => wanted_whole(body),
            true => vec![true; body.nodes.len()],
        };
        self.counting = Counting::of(body, self.shared.settings);
        let steps = self.constant(limits::STEPS);
        self.builder.def_var(self.steps, steps);
    }

    /// Ends the function: the current block answers that all is well.
    pub(super) fn finish(mut self) -> (FunctionBuilder<'e>, Needs) {
        self.tell_steps();
        let done = self.builder.ins().iconst(I32, 0);
        self.builder.ins().return_(&[done]);
        self.builder.switch_to_block(self.fault);
        if let [code, site] = *self.builder.block_params(self.fault) {
            let context = self.kept_context();
            self.store(site, context, OFFSETS.site);
            self.builder.ins().return_(&[code]);
        }
        self.builder.switch_to_block(self.full);
        let full = self.builder.ins().iconst(I32, i64::from(OUTPUT_FULL));
        self.builder.ins().return_(&[full]);
        self.builder.seal_all_blocks();
        self.finish_calls();
        (self.builder, self.needs)
    }

    fn tell_steps(&mut self) {
        if self.shared.settings.tells_steps {
            let left = self.builder.use_var(self.steps);
            let left = self.builder.ins().ireduce(I32, left);
            let context = self.kept_context();
            self.store(left, context, OFFSETS.site);
        }
    }

    pub(super) fn makes(&self, mistake: Mistake) -> bool {
        self.shared.settings.makes(mistake)
    }

    // Nodes.

    pub(super) fn body(&self) -> &'b Body {
        self.body
    }

    pub(super) fn root(&self) -> NodeId {
        self.body.root
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&'b Node> {
        self.body.node(id)
    }

    /// The shape of what a node gives.
    pub(super) fn shape(&self, id: NodeId) -> &'b Shape {
        static UNKNOWN: Shape = Shape { ty: Type::Any, nullable: true };
        self.node(id).map_or(&UNKNOWN, |node| &node.shape)
    }

    /// Whether more of the value is wanted than the address of a record.
    pub(super) fn is_wanted_whole(&self, id: NodeId) -> bool {
        self.wanted_whole.get(id.0 as usize).copied().unwrap_or(true)
    }

    pub(super) fn bind(&mut self, local: LocalId, binding: Binding<'b>) {
        if let Some(cell) = self.locals.get_mut(local.0 as usize) {
            *cell = Some(binding);
        }
    }

    pub(super) fn binding(&self, local: LocalId) -> Option<&Binding<'b>> {
        self.locals.get(local.0 as usize).and_then(Option::as_ref)
    }

    // Constants and arithmetic.

    pub(super) fn constant(&mut self, value: i64) -> Ssa {
        self.builder.ins().iconst(I64, value)
    }

    pub(super) fn add(&mut self, value: Ssa, amount: i64) -> Ssa {
        if amount == 0 { value } else { self.builder.ins().iadd_imm_s(value, amount) }
    }

    pub(super) fn compare(&mut self, condition: IntCC, value: Ssa, with: i64) -> Ssa {
        self.builder.ins().icmp_imm_s(condition, value, with)
    }

    pub(super) fn null(&mut self) -> Words {
        let zero = self.constant(0);
        Words { bits: zero, meta: zero }
    }

    /// A value of this kind whose second word says nothing else.
    pub(super) fn of_kind(&mut self, bits: Ssa, kind: Kind) -> Words {
        let meta = self.constant(kind_word(kind));
        Words { bits, meta }
    }

    pub(super) fn words(&mut self, (bits, meta): (u64, u64)) -> Words {
        Words { bits: self.constant(bits.cast_signed()), meta: self.constant(meta.cast_signed()) }
    }

    /// The length of a text or list, or 0 for null.
    pub(super) fn len(&mut self, words: Words) -> Ssa {
        self.low_half(words.meta)
    }

    /// As [`Self::len`] for what only compares it: the lower half of a register.
    pub(super) fn short_len(&mut self, words: Words) -> Ssa {
        self.builder.ins().ireduce(I32, words.meta)
    }

    pub(super) fn low_half(&mut self, word: Ssa) -> Ssa {
        let low = self.builder.ins().ireduce(I32, word);
        self.builder.ins().uextend(I64, low)
    }

    pub(super) fn is_kind(&mut self, words: Words, kind: Kind) -> Ssa {
        let shifted = self.builder.ins().ushr_imm_u(words.meta, i64::from(layout::KIND_SHIFT));
        let found = self.builder.ins().ireduce(I8, shifted);
        self.builder.ins().icmp_imm_u(IntCC::Equal, found, kind as i64)
    }

    /// Whether the value is null; `None` if its shape rules that out.
    pub(super) fn is_null(&mut self, words: Words, shape: &Shape) -> Option<Ssa> {
        let word = match shape.ty {
            Type::Any | Type::Null => words.meta,
            _ if !shape.nullable => return None,
            Type::Text | Type::List(_) | Type::Map | Type::Record(_) => words.bits,
            Type::Boolean
            | Type::Integer
            | Type::Number
            | Type::Group
            | Type::DateTime
            | Type::Country => words.meta,
        };
        Some(self.compare(IntCC::Equal, word, 0))
    }

    // Memory. Addresses are correct by construction, so no access traps; nothing is aligned.

    pub(super) fn load(&mut self, ty: ir::Type, address: Ssa, offset: i32) -> Ssa {
        self.builder.ins().load(ty, flags(), address, offset)
    }

    /// A load from an address that is always valid, of memory that never changes meanwhile.
    pub(super) fn load_fixed(&mut self, ty: ir::Type, address: Ssa, offset: i32) -> Ssa {
        let flags = flags().with_readonly().with_can_move();
        self.builder.ins().load(ty, flags, address, offset)
    }

    /// A word of what evaluations are about besides records.
    pub(super) fn load_surrounding(&mut self, offset: i32) -> Ssa {
        let surroundings = self.load_fixed(I64, self.context, OFFSETS.surroundings);
        self.load_fixed(I64, surroundings, offset)
    }

    /// A load of a word that another thread may be writing; what was written before it is seen, too.
    pub(super) fn load_shared(&mut self, address: Ssa, offset: i32) -> Ssa {
        let address = self.add(address, i64::from(offset));
        self.builder.ins().atomic_load(I64, flags(), address)
    }

    pub(super) fn store(&mut self, value: Ssa, address: Ssa, offset: i32) {
        self.builder.ins().store(flags(), value, address, offset);
    }

    pub(super) fn load_words(&mut self, address: Ssa, offset: i32) -> Words {
        let bits = self.load(I64, address, offset + layout::BITS);
        let meta = self.load(I64, address, offset + layout::META);
        Words { bits, meta }
    }

    /// As [`Self::load_words`], loading one word if the shape says what the other is.
    pub(super) fn load_value(&mut self, shape: &Shape, address: Ssa, offset: i32) -> Words {
        let kind = match shape.ty {
            Type::Boolean => Kind::Boolean,
            Type::Integer => Kind::Integer,
            Type::Number => Kind::Number,
            Type::Group => Kind::Group,
            _ => return self.load_words(address, offset),
        };
        if shape.nullable {
            return self.load_words(address, offset);
        }
        let bits = self.load(I64, address, offset + layout::BITS);
        self.of_kind(bits, kind)
    }

    pub(super) fn store_words(&mut self, words: Words, address: Ssa, offset: i32) {
        self.store(words.bits, address, offset + layout::BITS);
        self.store(words.meta, address, offset + layout::META);
    }

    // Control flow.

    pub(super) fn block(&mut self) -> Block {
        self.builder.create_block()
    }

    /// A block that two words are handed to.
    pub(super) fn merge_block(&mut self) -> Block {
        let block = self.block();
        self.builder.append_block_param(block, I64);
        self.builder.append_block_param(block, I64);
        block
    }

    pub(super) fn cold_block(&mut self) -> Block {
        let block = self.block();
        self.builder.set_cold_block(block);
        block
    }

    /// Goes on in a block that all jumps to it are written for.
    pub(super) fn enter(&mut self, block: Block) {
        self.builder.switch_to_block(block);
        self.builder.seal_block(block);
    }

    /// As [`Self::enter`], for a block that takes two words.
    pub(super) fn enter_with(&mut self, block: Block) -> Words {
        self.enter(block);
        match *self.builder.block_params(block) {
            [bits, meta] => Words { bits, meta },
            _ => self.null(),
        }
    }

    pub(super) fn jump(&mut self, block: Block) {
        self.builder.ins().jump(block, &[]);
    }

    pub(super) fn jump_with(&mut self, block: Block, words: Words) {
        self.builder.ins().jump(block, &[words.bits.into(), words.meta.into()]);
    }

    pub(super) fn jump_one(&mut self, block: Block, value: Ssa) {
        self.builder.ins().jump(block, &[BlockArg::from(value)]);
    }

    pub(super) fn fork(&mut self, condition: Ssa, yes: Block, no: Block) {
        self.builder.ins().brif(condition, yes, &[], no, &[]);
    }

    /// Leaves for `block` if the condition holds, else goes on here.
    pub(super) fn leave_if(&mut self, condition: Ssa, block: Block) {
        let next = self.block();
        self.fork(condition, block, next);
        self.enter(next);
    }

    // Faults and charges.

    /// Faults; what is written behind it is never reached.
    pub(super) fn raise(&mut self, fault: Fault, node: NodeId) {
        self.fault(fault, node);
        let unreachable = self.block();
        self.enter(unreachable);
    }

    /// Faults, and ends the block.
    pub(super) fn fault(&mut self, fault: Fault, node: NodeId) {
        let code = self.builder.ins().iconst(I32, i64::from(fault.code()));
        self.raise_code(code, node);
    }

    fn raise_code(&mut self, code: Ssa, node: NodeId) {
        let node = if self.makes(Mistake::FaultAtRoot) { self.root() } else { node };
        let site = self.shared.sites.len();
        let span = self.node(node).map_or(Span::NONE, |node| node.span);
        self.shared.sites.push(Site { member: self.place, node, span });
        let site = self.builder.ins().iconst(I32, i64::try_from(site).unwrap_or(0));
        self.builder.ins().jump(self.fault, &[code.into(), site.into()]);
    }

    pub(super) fn fault_if(&mut self, condition: Ssa, fault: Fault, node: NodeId) {
        let (cold, next) = (self.cold_block(), self.block());
        self.fork(condition, cold, next);
        self.enter(cold);
        let code = self.builder.ins().iconst(I32, i64::from(fault.code()));
        self.raise_code(code, node);
        self.enter(next);
    }

    /// Faults with a code that is not 0.
    pub(super) fn fault_unless_zero(&mut self, code: Ssa, node: NodeId) {
        let (cold, next) = (self.cold_block(), self.block());
        self.fork(code, cold, next);
        self.enter(cold);
        self.raise_code(code, node);
        self.enter(next);
    }

    /// Spends a constant number of steps. Loops have spent something else before.
    pub(super) fn charge(&mut self, steps: u32, node: NodeId) {
        if steps == 0 || self.counting == Counting::Needless {
            return;
        }
        let steps = self.constant(i64::from(steps));
        if self.counting == Counting::Checked {
            return self.spend(steps, node);
        }
        self.take_steps(steps);
    }

    /// Takes from the steps that are left; answers those that still are.
    fn take_steps(&mut self, steps: Ssa) -> Ssa {
        let steps = if self.makes(Mistake::ShortCharge) { self.add(steps, -1) } else { steps };
        let left = self.builder.use_var(self.steps);
        let left = self.builder.ins().isub(left, steps);
        self.builder.def_var(self.steps, left);
        left
    }

    /// Spends a number of steps that is not negative.
    pub(super) fn spend(&mut self, steps: Ssa, node: NodeId) {
        self.counting = Counting::Checked;
        let left = self.take_steps(steps);
        let overdrawn = self.compare(IntCC::SignedLessThan, left, 0);
        self.fault_if(overdrawn, Fault::Limit, node);
    }

    /// Spends what a value weighs.
    pub(super) fn spend_size(&mut self, words: Words, shape: &Shape, node: NodeId) {
        let steps = match &shape.ty {
            Type::Text => self.len(words),
            Type::List(element) if is_scalar(&element.ty) && element.ty != Type::Text => {
                self.len(words)
            }
            Type::List(element) if element.ty == Type::Text => self.size_of_texts(words),
            Type::List(_) | Type::Map | Type::Record(_) | Type::Any => {
                self.operate(Operator::Size, &[words], node).bits
            }
            Type::Null
            | Type::Boolean
            | Type::Integer
            | Type::Number
            | Type::Group
            | Type::DateTime
            | Type::Country => return,
        };
        if !self.makes(Mistake::SkippedCharge) {
            self.spend(steps, node);
        }
    }
}

/// The second word of a value of which only the kind is to be said.
pub(super) fn kind_word(kind: Kind) -> i64 {
    (kind as i64) << layout::KIND_SHIFT
}

/// Whether values of this type have no levels.
pub(super) fn is_scalar(ty: &Type) -> bool {
    match ty {
        Type::Null
        | Type::Boolean
        | Type::Integer
        | Type::Number
        | Type::Text
        | Type::Group
        | Type::DateTime
        | Type::Country => true,
        Type::List(_) | Type::Map | Type::Record(_) | Type::Any => false,
    }
}

pub(super) const fn flags() -> MemFlagsData {
    MemFlagsData::new().with_notrap()
}
