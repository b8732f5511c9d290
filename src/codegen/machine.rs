//! The border to the machine: executable memory, its addresses and the one call into it.
#![expect(unsafe_code, reason = "runs generated code and frees it")]

use super::constant::Constants;
use super::function::{Needs, Shared};
use super::kept::Lambda;
use super::maker::{self, Function, Written};
use super::{CodegenError, Listing, Outcome, Settings, Site, Unit};
use crate::few::Few;
use crate::ir::{self, NodeId};
use claimsmith_runtime::abi::{Mark, Surroundings};
use claimsmith_runtime::functions::Body;
use claimsmith_runtime::pattern::Pattern;
use claimsmith_runtime::record::{Header, Record};
use claimsmith_runtime::types::RecordType;
use claimsmith_runtime::{Context, Fault, Value, abi};
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{FuncRef, Type};
use cranelift_jit::JITModule;
use cranelift_module::FuncId;
use std::borrow::Cow;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What every generated function is (design: calling compiled code).
type Code = for<'a> unsafe extern "C" fn(*mut Context<'a>, *const *const Header, *const u64) -> u32;

/// Units compiled together. Its memory is freed when it is dropped.
#[derive(Debug)]
pub(crate) struct CompiledSet {
    /// Different from those of all other sets, also of those that are gone.
    number: u64,
    functions: Vec<Compiled>,
    sites: Vec<Site>,
    #[expect(dead_code, reason = "owns the memory of the code; in a mutex only to be shared")]
    module: Mutex<Module>,
    #[expect(dead_code, reason = "kept for the code, which points into it")]
    constants: Constants,
    #[expect(dead_code, reason = "while it is here, no other lambda gets its number")]
    lambdas: Vec<Arc<Lambda>>,
    listing: Vec<Listing>,
}

/// Numbers that no set has yet; no set has 0.
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

/// What an evaluation is about: records by ordinal, groups, and the names of the program among
/// them. It remembers which function it was found to suit, so that this is checked once.
#[derive(Clone, Debug)]
pub(crate) struct Inputs<'a> {
    surroundings: Surroundings<'a>,
    records: Few<Option<Record<'a>>, 16>,
    suited: Cell<Suited>,
}

/// A function that was found to need nothing that some inputs are not.
#[derive(Clone, Copy, Debug)]
struct Suited {
    /// The number of its set.
    set: u64,
    /// Its index and what it makes, see [`Suited::program`].
    program: u64,
    code: Code,
    n_words: usize,
}

impl Suited {
    /// None of any set.
    const NONE: Self = Self { set: 0, program: 0, code: nothing, n_words: 0 };

    /// One word for both. No set has so many functions that two of them are one here.
    #[inline]
    const fn program(index: usize, made: Made) -> u64 {
        (index as u64) << 2 | made as u64
    }
}

impl<'a> Inputs<'a> {
    pub(crate) fn new(
        surroundings: Surroundings<'a>,
        records: impl IntoIterator<Item = Option<Record<'a>>>,
    ) -> Self {
        let suited = Cell::new(Suited::NONE);
        Self { surroundings, records: records.into_iter().collect(), suited }
    }

    #[inline]
    pub(crate) fn surroundings(&self) -> &Surroundings<'a> {
        &self.surroundings
    }

    #[inline]
    pub(crate) fn records(&self) -> &[Option<Record<'a>>] {
        &self.records
    }

    /// Whether `context` is over the groups and names of these inputs.
    #[inline]
    fn are_of(&self, context: &Context<'_>) -> bool {
        let found = context.surroundings();
        std::ptr::eq(found, self.surroundings()) || found.is_same(self.surroundings())
    }
}

/// What a function does with what it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// The value is in the context.
    Value,
    /// Its JSON is in the output.
    Json,
    /// The selected members are in the output.
    Members,
}

impl Made {
    /// Whether the context has the room that code counts on which makes this.
    #[inline(always)]
    fn has_room(self, context: &Context<'_>) -> bool {
        match self {
            Self::Value => true,
            Self::Json => context.has_room(),
            Self::Members => context.is_writable(),
        }
    }
}

/// One function.
#[derive(Debug)]
struct Compiled {
    code: Code,
    made: Made,
    needs: Needs,
    /// How long the code is, its constants included.
    n_bytes: usize,
}

/// The module that owns the memory; `None` only while it is dropped.
pub(super) struct Module(pub(super) Option<JITModule>);

impl Drop for Module {
    fn drop(&mut self) {
        if let Some(module) = self.0.take() {
            // SAFETY: addresses of its functions are held only by the `CompiledSet` that owns it,
            // which runs them only while it is borrowed.
            unsafe { module.free_memory() };
        }
    }
}

impl std::fmt::Debug for Module {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Module")
    }
}

/// A type of one register, and what the code generator calls it.
trait Word {
    const TYPE: Type;
}

impl Word for u32 {
    const TYPE: Type = I32;
}

impl Word for u64 {
    const TYPE: Type = I64;
}

impl Word for i64 {
    const TYPE: Type = I64;
}

impl Word for Body {
    const TYPE: Type = I64;
}

impl<T> Word for *const T {
    const TYPE: Type = I64;
}

impl<T> Word for *mut T {
    const TYPE: Type = I64;
}

/// A function of the runtime that generated code may call.
pub(super) struct Shim {
    pub(super) name: &'static str,
    pub(super) address: *const u8,
    pub(super) parameters: &'static [Type],
    pub(super) result: Type,
}

/// Makes [`Imports`] of a list of functions of the runtime, and their shims: the compiler holds the
/// signatures written here against the functions.
macro_rules! imports {
    ($($name:ident($($parameter:ty),*) -> $result:ty;)*) => {
        /// Something for each function of the runtime that generated code may call.
        #[derive(Clone, Copy, Debug)]
        pub(super) struct Imports<T = FuncRef> {
            $(pub(super) $name: T,)*
        }

        impl<T> Imports<T> {
            /// What `make` makes of each, unless it fails.
            pub(super) fn try_map<U, E>(
                self,
                mut make: impl FnMut(T) -> Result<U, E>,
            ) -> Result<Imports<U>, E> {
                Ok(Imports { $($name: make(self.$name)?,)* })
            }

            /// What `make` makes of each.
            pub(super) fn map<U>(self, mut make: impl FnMut(T) -> U) -> Imports<U> {
                Imports { $($name: make(self.$name),)* }
            }
        }

        /// The functions, and the only names ever resolved.
        pub(super) fn shims() -> Imports<Shim> {
            $(let $name: unsafe extern "C" fn($($parameter),*) -> $result = abi::$name;)*
            Imports {
                $($name: Shim {
                    name: stringify!($name),
                    address: $name as *const u8,
                    parameters: &[$(<$parameter as Word>::TYPE),*],
                    result: <$result as Word>::TYPE,
                },)*
            }
        }
    };
}

imports! {
    call_row(*mut Context<'static>, Body, *const Value<'static>, u32) -> u32;
    matches_pattern(*const Pattern, *const u8, u64) -> u32;
    write_json(*mut Context<'static>, *const Value<'static>) -> u32;
    write_text(*mut u8, *mut u8, *const u8, u64, u32) -> *mut u8;
    write_integer(*mut u8, i64) -> *mut u8;
    allocate(*mut Context<'static>, u64) -> *mut u8;
    open_column(*mut Context<'static>, u64) -> u64;
    keep_fragment(*mut Context<'static>, u64, u32, *const u8, u64, u32) -> u32;
}

/// Whether this host lets generated code run. Compiles and runs a small function.
pub(crate) fn is_available() -> bool {
    use crate::ir::{Constant, Node, NodeKind};
    use crate::source::Span;
    use claimsmith_runtime::arena::Arena;
    use claimsmith_runtime::symbol::GroupTable;
    use claimsmith_runtime::types::{Shape, Type};
    let kind = NodeKind::Constant(Constant::Integer(42));
    let node = Node { kind, shape: Shape::of(Type::Integer), span: Span::new(0, 0) };
    let body = ir::Body { nodes: vec![node], root: NodeId(0), n_locals: 0 };
    let Ok(set) = CompiledSet::compile(&[Unit::Value(&body)], Settings::default(), 1) else {
        return false;
    };
    let (arena, table) = (Arena::new(), GroupTable::new(RecordType::default().into(), Vec::new()));
    let inputs = Inputs::new(Surroundings::new(&table, &[]), []);
    let mut context = Context::new(&arena, inputs.surroundings(), None);
    let outcome = set.evaluate((0, Made::Value), &mut context, &inputs, &[]);
    outcome == Outcome::Done && context.result().as_integer() == Some(42)
}

impl CompiledSet {
    pub(super) fn compile(
        units: &[Unit<'_>],
        settings: Settings,
        most_threads: usize,
    ) -> Result<Self, CodegenError> {
        let Written { module, shared, functions: written } =
            maker::make(units, settings, most_threads)?;
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        let (mut functions, mut listing) = (Vec::with_capacity(units.len()), Vec::new());
        for (function, unit) in written.into_iter().zip(units) {
            let Function { id, needs, n_bytes, listing: listed, .. } = function;
            functions.push(Compiled { code: code(&module, id), made: unit.made(), needs, n_bytes });
            listing.extend(listed);
        }
        let Shared { constants, lambdas, sites, .. } = shared;
        let module = Mutex::new(module);
        Ok(Self { number, functions, sites, module, constants, lambdas, listing })
    }

    /// How many bytes of machine code unit `index` is.
    pub(crate) fn code_bytes(&self, index: usize) -> Option<usize> {
        self.functions.get(index).map(|compiled| compiled.n_bytes)
    }

    /// The code of each unit for people. Empty unless the settings asked for it.
    pub(crate) fn listing(&self) -> &[Listing] {
        &self.listing
    }

    /// Evaluates unit `index`, which makes that, over `inputs`, of which the context is. Member `i`
    /// of an object is selected by bit `i % 64` of word `i / 64`. After anything but
    /// [`Outcome::Done`] the output is as it was. What was not made for these roots, names or groups
    /// is an internal fault.
    ///
    /// Always inlined: a caller that has just made the context need not ask what it is of, nor is
    /// the outcome passed through memory. That is half of a short evaluation.
    #[inline(always)]
    pub(crate) fn evaluate<'a>(
        &self,
        program: (usize, Made),
        context: &mut Context<'a>,
        inputs: &Inputs<'a>,
        selected: &[u64],
    ) -> Outcome {
        let mark = context.mark();
        match self.run_again(program, context, inputs, selected) {
            Some(0) => Outcome::Done,
            Some(answer) => self.stopped(answer, mark, context),
            None => self.run_first(program, context, inputs, selected),
        }
    }

    /// Runs unit `index` if these inputs are remembered to be what it needs.
    #[inline(always)]
    fn run_again<'a>(
        &self,
        (index, made): (usize, Made),
        context: &mut Context<'a>,
        inputs: &Inputs<'a>,
        selected: &[u64],
    ) -> Option<u32> {
        let suited = inputs.suited.get();
        let is_known = suited.set == self.number && suited.program == Suited::program(index, made);
        if !is_known || !inputs.are_of(context) || !made.has_room(context) {
            return None;
        }
        if made == Made::Members && selected.len() < suited.n_words {
            return None;
        }
        let roots = inputs.records.start().cast();
        // SAFETY: no other set has the number of this, so that `check_and_run` of this set found
        // these inputs to be what this code needs, which is freed only with the set. The context is
        // of the inputs and has the room that the code counts on. A `Record` is nothing but the
        // address of a header, and its `Option` has null for none. None but code that makes members
        // reads words.
        Some(unsafe { (suited.code)(&raw mut *context, roots, selected.as_ptr()) })
    }

    /// As [`CompiledSet::evaluate`], where nothing is remembered.
    #[cold]
    #[inline(never)]
    fn run_first<'a>(
        &self,
        (index, made): (usize, Made),
        context: &mut Context<'a>,
        inputs: &Inputs<'a>,
        selected: &[u64],
    ) -> Outcome {
        let compiled = self.functions.get(index).filter(|compiled| compiled.made == made);
        let Some(compiled) = compiled.filter(|_| inputs.are_of(context)) else {
            return Outcome::UNKNOWN;
        };
        if !made.has_room(context) {
            return Outcome::OutputFull;
        }
        let mark = context.mark();
        let found = Suited {
            set: self.number,
            program: Suited::program(index, made),
            code: compiled.code,
            n_words: compiled.needs.n_words,
        };
        match compiled.check_and_run(context, inputs, selected, found) {
            Some(0) => Outcome::Done,
            Some(answer) => self.stopped(answer, mark, context),
            None => Outcome::UNKNOWN,
        }
    }

    /// What an answer other than 0 means.
    #[cold]
    #[inline(never)]
    fn stopped(&self, answer: u32, mark: Mark, context: &mut Context<'_>) -> Outcome {
        context.rewind(mark);
        let site = self.sites.get(context.site() as usize);
        match (Fault::from_code(answer), site) {
            (Some(fault), Some(site)) => Outcome::Fault { fault, site: *site },
            (Some(_), None) => Outcome::UNKNOWN,
            (None, _) => Outcome::OutputFull,
        }
    }
}

impl Compiled {
    /// Runs the code if the inputs are what it needs, and remembers that they are. Where there are
    /// fewer of them than it reads, the rest are null roots and no members.
    fn check_and_run<'a>(
        &self,
        context: &mut Context<'a>,
        inputs: &Inputs<'a>,
        selected: &[u64],
        found: Suited,
    ) -> Option<u32> {
        let (records, n_roots) = (inputs.records(), self.needs.n_roots());
        if !self.needs.are_met(context, records) {
            return None;
        }
        let (mut roots, mut words) = (Cow::from(records), Cow::from(selected));
        if roots.len() < n_roots {
            roots.to_mut().resize(n_roots, None);
        } else {
            inputs.suited.set(found);
        }
        if words.len() < self.needs.n_words {
            words.to_mut().resize(self.needs.n_words, 0);
        }
        // SAFETY: names, groups and roots are what the code needs, both arrays as long as it reads,
        // and the caller saw that there is room. The code was made for this signature, and its
        // memory is freed only with the set that owns `self`. A `Record` is nothing but the address
        // of a header, and its `Option` has null for none.
        Some(unsafe { (self.code)(&raw mut *context, roots.as_ptr().cast(), words.as_ptr()) })
    }
}

const _: () = assert!(size_of::<Option<Record<'static>>>() == size_of::<*const Header>());

impl Needs {
    fn n_roots(&self) -> usize {
        self.roots.iter().map(|(ordinal, ..)| ordinal + 1).max().unwrap_or(0)
    }

    /// Whether what is given is what the code was made for.
    fn are_met(&self, context: &Context<'_>, roots: &[Option<Record<'_>>]) -> bool {
        let names = self.n_names.checked_sub(1);
        let groups = self.groups.as_deref();
        names.is_none_or(|last| context.resolved(last).is_some())
            && groups.is_none_or(|wanted| is_same(wanted, context.table().record_type()))
            && self.roots.iter().all(|(ordinal, wanted, nullable)| {
                let record = roots.get(*ordinal).copied().flatten();
                match (wanted, record) {
                    (Some(wanted), Some(record)) => is_same(wanted, record.record_type()),
                    (_, None) => *nullable,
                    (None, Some(_)) => true,
                }
            })
    }
}

fn is_same(wanted: &RecordType, found: &RecordType) -> bool {
    std::ptr::eq(wanted, found) || wanted == found
}

/// Where a finalised function is.
fn code(module: &Module, id: FuncId) -> Code {
    let address = module.0.as_ref().map(|module| module.get_finalized_function(id));
    // SAFETY: `function` defined it with the signature of `Code`, and it is finalised.
    unsafe { std::mem::transmute::<*const u8, Code>(address.unwrap_or(nothing as *const u8)) }
}

/// Stands where there is no code, which is never.
unsafe extern "C" fn nothing(_: *mut Context<'_>, _: *const *const Header, _: *const u64) -> u32 {
    Fault::Internal.code()
}
