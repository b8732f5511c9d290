//! The functions of a set, made by several threads where that is worth it. They are written one after
//! the other, since what they share is numbered; compiled apart, which takes longest; and laid out in
//! their order: the code is the same however many threads made it.

use super::function::{Emitter, Needs, Shared};
use super::machine::{Imports, Module, shims};
use super::share::Shares;
use super::{CodegenError, Listing, Settings, Unit, inspect, unread};
use crate::ir::{self, NodeId};
use crate::threads::gather;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{AbiParam, Signature, Type};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable as _};
use cranelift_codegen::verify_function;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{
    FuncId, Linkage, Module as _, ModuleError, ModuleReloc, default_libcall_names,
};
use std::sync::{Mutex, PoisonError};

/// Nodes of typed IR that are work for a thread: to start one for less takes longer, and takes more
/// from those who evaluate meanwhile.
const NODES_OF_A_THREAD: usize = 1_500;

/// What a set is made of.
pub(super) struct Written {
    pub(super) module: Module,
    pub(super) shared: Shared,
    /// In the order of the units.
    pub(super) functions: Vec<Function>,
}

/// A function that is compiled.
pub(super) struct Function {
    pub(super) id: FuncId,
    pub(super) needs: Needs,
    /// How long its code is, with its constants.
    pub(super) n_bytes: usize,
    pub(super) listing: Option<Listing>,
    alignment: u64,
    bytes: Vec<u8>,
    relocations: Vec<ModuleReloc>,
}

/// Compiles units by at most so many threads, this one among them.
///
/// # Errors
/// What keeps the first of the units that cannot be compiled from it.
pub(super) fn make(
    units: &[Unit<'_>],
    settings: Settings,
    most_threads: usize,
) -> Result<Written, CodegenError> {
    let isa = isa()?;
    let writer = Mutex::new(Writer::new(units, settings, &isa)?);
    let n_threads = threads_for(units).min(most_threads);
    let made = gather(n_threads, || work(&writer, &isa));
    let writer = writer.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Writer { mut module, shared, .. } = writer;
    let mut functions = Vec::with_capacity(units.len());
    for function in made {
        let function = function?;
        module.define(&function)?;
        functions.push(function);
    }
    module.finalize_definitions()?;
    Ok(Written { module, shared, functions })
}

/// How many threads are worth it.
fn threads_for(units: &[Unit<'_>]) -> usize {
    let bodies = units.iter().flat_map(|unit| unit.bodies());
    let n_nodes: usize = bodies.map(|body| body.nodes.len()).sum();
    (1 + n_nodes / NODES_OF_A_THREAD).min(units.len())
}

/// A function by the index of its unit.
type Numbered = (usize, Result<Function, CodegenError>);

/// Compiles functions until none is left, or one fails: those before it were taken before, so that the
/// same one is told of however many threads there are.
fn work(writer: &Mutex<Writer<'_>>, isa: &OwnedTargetIsa) -> Vec<Numbered> {
    let mut context = cranelift_codegen::Context::new();
    let mut made = Vec::new();
    loop {
        let mut held = writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((index, unit)) = held.left.next() else { return made };
        let lists = held.shared.settings.listing;
        let written = held.function((index, unit), &mut context);
        drop(held);
        let function =
            written.and_then(|(id, needs)| compile((id, needs), &mut context, isa, lists));
        if function.is_err() {
            writer.lock().unwrap_or_else(PoisonError::into_inner).left.by_ref().for_each(drop);
        }
        made.push((index, function));
    }
}

/// Compiles what was written.
fn compile(
    (id, needs): (FuncId, Needs),
    context: &mut cranelift_codegen::Context,
    isa: &OwnedTargetIsa,
    lists: bool,
) -> Result<Function, CodegenError> {
    let refused = |error: cranelift_codegen::CodegenError| Box::new(ModuleError::from(error));
    verify_function(&context.func, isa.as_ref()).map_err(|errors| refused(errors.into()))?;
    if let Some(found) = inspect::first_trapping(&context.func) {
        return Err(CodegenError::Trapping(found));
    }
    context.set_disasm(lists);
    let written = lists.then(|| context.func.display().to_string());
    let compiled = context.compile(isa.as_ref(), &mut ControlPlane::default());
    compiled.map_err(|error| refused(error.inner))?;
    let Some(code) = context.take_compiled_code() else {
        return Err(CodegenError::Machine("no code".to_owned()));
    };
    if let Some(trap) = code.buffer.traps().first() {
        return Err(CodegenError::Trapping(format!("{trap:?}")));
    }
    let relocations = code.buffer.relocs().iter();
    let relocations =
        relocations.map(|reloc| ModuleReloc::from_mach_reloc(reloc, &context.func, id));
    let (relocations, bytes) = (relocations.collect(), code.code_buffer().to_vec());
    let n_bytes = code.code_info().total_size as usize;
    let alignment = u64::from(code.buffer.alignment);
    let listing = written.map(|ir| Listing { ir, machine_code: code.vcode.unwrap_or_default() });
    Ok(Function { id, needs, n_bytes, listing, alignment, bytes, relocations })
}

/// The units that are not yet written, and what all functions are written with.
struct Writer<'u> {
    left: std::iter::Enumerate<std::slice::Iter<'u, Unit<'u>>>,
    module: Module,
    frontend: FunctionBuilderContext,
    imports: Imports<FuncId>,
    shared: Shared,
}

impl<'u> Writer<'u> {
    fn new(
        units: &'u [Unit<'u>],
        settings: Settings,
        isa: &OwnedTargetIsa,
    ) -> Result<Self, CodegenError> {
        let mut builder = JITBuilder::with_isa(OwnedTargetIsa::clone(isa), default_libcall_names());
        shims().map(|shim| {
            builder.symbol(shim.name, shim.address);
        });
        let mut module = JITModule::new(builder);
        let imports = import(&mut module);
        let module = Module(Some(module));
        Ok(Self {
            left: units.iter().enumerate(),
            module,
            frontend: FunctionBuilderContext::new(),
            imports: imports?,
            shared: Shared::new(settings),
        })
    }

    /// Writes the function of a unit into a context.
    fn function(
        &mut self,
        (index, unit): (usize, &Unit<'_>),
        context: &mut cranelift_codegen::Context,
    ) -> Result<(FuncId, Needs), CodegenError> {
        let Some(module) = self.module.0.as_mut() else { return Err(Module::gone()) };
        let signature = signature(module, &[I64, I64, I64], I32);
        let name = format!("unit{index}");
        let id = module.declare_function(&name, Linkage::Local, &signature).map_err(Box::new)?;
        module.clear_context(context);
        context.func.signature = signature;
        let function = &mut context.func;
        let imports = self.imports.map(|import| module.declare_func_in_func(import, function));
        let builder = FunctionBuilder::new(&mut context.func, &mut self.frontend);
        let (builder, needs) = write(*unit, builder, &mut self.shared, imports);
        builder.finalize(module.target_config());
        if !self.shared.settings.makes_unread {
            unread::remove_loads(&mut context.func);
        }
        Ok((id, needs))
    }
}

impl Module {
    fn gone() -> CodegenError {
        CodegenError::Machine("no module".to_owned())
    }

    /// Lays out a function.
    fn define(&mut self, function: &Function) -> Result<(), CodegenError> {
        let module = self.0.as_mut().ok_or_else(Self::gone)?;
        let Function { id, alignment, bytes, relocations, .. } = function;
        let defined = module.define_function_bytes(*id, *alignment, bytes, relocations);
        Ok(defined.map_err(Box::new)?)
    }

    fn finalize_definitions(&mut self) -> Result<(), CodegenError> {
        let module = self.0.as_mut().ok_or_else(Self::gone)?;
        Ok(module.finalize_definitions().map_err(Box::new)?)
    }
}

/// The machine this is.
fn isa() -> Result<OwnedTargetIsa, CodegenError> {
    let mut flags = settings::builder();
    let wanted = [
        ("use_colocated_libcalls", "false"),
        ("is_pic", "false"),
        ("opt_level", "speed"),
        // Verifies after each of the library's own stages, which takes longer than any of them. What
        // we wrote is verified always, see [`compile`].
        ("enable_verifier", if cfg!(test) { "true" } else { "false" }),
        ("unwind_info", "false"),
    ];
    for (name, value) in wanted {
        flags.set(name, value).map_err(|error| CodegenError::Machine(error.to_string()))?;
    }
    cranelift_native::builder()
        .map_err(|error| CodegenError::Machine(error.to_owned()))?
        .finish(settings::Flags::new(flags))
        .map_err(|error| CodegenError::Machine(error.to_string()))
}

/// Writes one unit's function.
fn write<'e>(
    unit: Unit<'_>,
    builder: FunctionBuilder<'e>,
    shared: &'e mut Shared,
    imports: Imports,
) -> (FunctionBuilder<'e>, Needs) {
    let empty = ir::Body { nodes: Vec::new(), root: NodeId(0), n_locals: 0 };
    let body = match unit {
        Unit::Value(body) | Unit::Json(body) => body,
        Unit::Object(_) => &empty,
    };
    let shares = if shared.settings.shares() { Shares::of(unit) } else { Shares::default() };
    let mut emitter = Emitter::new(builder, shared, imports, body);
    emitter.share(shares);
    match unit {
        Unit::Value(body) => emitter.write_value(body),
        Unit::Json(body) => emitter.write_json(body),
        Unit::Object(object) => emitter.write_object(&object.members),
    }
}

fn import(module: &mut JITModule) -> Result<Imports<FuncId>, Box<ModuleError>> {
    shims().try_map(|shim| {
        let signature = signature(module, shim.parameters, shim.result);
        module.declare_function(shim.name, Linkage::Import, &signature).map_err(Box::new)
    })
}

fn signature(module: &JITModule, parameters: &[Type], result: Type) -> Signature {
    let mut signature = module.make_signature();
    signature.params.extend(parameters.iter().map(|ty| AbiParam::new(*ty)));
    signature.returns.push(AbiParam::new(result));
    signature
}
