//! Locals: each has one binder, and is read only below it.

use crate::ir::{Body, LocalId, Node, NodeId, NodeKind, Sink, Stage, StageKind};
use claimsmith_runtime::types::{Shape, Type};
use std::collections::BTreeSet;

/// The shape of each local, from its binder.
///
/// # Errors
/// A local with two binders, or beyond the program's count.
pub(super) fn bound(body: &Body) -> Result<Vec<Option<Shape>>, String> {
    let mut bound = vec![None; body.n_locals as usize];
    for node in &body.nodes {
        for (local, shape) in binds(body, node) {
            let cell = bound.get_mut(local.0 as usize);
            let cell = cell.ok_or_else(|| format!("local ${} is beyond the count", local.0))?;
            if cell.replace(shape).is_some() {
                return Err(format!("local ${} has two binders", local.0));
            }
        }
    }
    Ok(bound)
}

/// What a node binds, with the shapes.
fn binds(body: &Body, node: &Node) -> Vec<(LocalId, Shape)> {
    match &node.kind {
        NodeKind::Guard { local, value, .. } => {
            let shape = shape_of(body, *value);
            vec![(*local, Shape { nullable: false, ..shape })]
        }
        NodeKind::Stream { source, stages, sink, .. } => {
            let mut bound = Vec::new();
            let integer = |index| (index, Shape::of(Type::Integer));
            let mut element = element_of(&shape_of(body, *source));
            for stage in stages {
                bound.push((stage.element, element.clone()));
                bound.extend(stage.index.map(integer));
                element = behind(body, stage, element);
            }
            if let Sink::Reduce(reduction) = sink {
                bound.push((reduction.value, node.shape.clone()));
                bound.push((reduction.element, element));
                bound.extend(reduction.index.map(integer));
            }
            bound
        }
        _ => Vec::new(),
    }
}

/// The shape of what reaches the sink.
pub(super) fn arriving(body: &Body, source: NodeId, stages: &[Stage]) -> Shape {
    let first = element_of(&shape_of(body, source));
    stages.iter().fold(first, |element, stage| behind(body, stage, element))
}

/// The shape of what a stage passes of such elements.
fn behind(body: &Body, stage: &Stage, element: Shape) -> Shape {
    match stage.kind {
        StageKind::Map => shape_of(body, stage.body),
        StageKind::FlatMap { .. } => element_of(&shape_of(body, stage.body)),
        StageKind::Filter | StageKind::Take | StageKind::Skip => element,
    }
}

fn element_of(list: &Shape) -> Shape {
    match &list.ty {
        Type::List(element) => element.as_ref().clone(),
        _ => Shape::of(Type::Any),
    }
}

pub(super) fn shape_of(body: &Body, id: NodeId) -> Shape {
    body.node(id).map_or(Shape::of(Type::Any), |node| node.shape.clone())
}

/// Whether no local is read outside what its binder binds it for.
///
/// # Errors
/// The local that is.
pub(super) fn check_scopes(body: &Body) -> Result<(), String> {
    // What each node still needs from outside; children come before their parents.
    let mut free: Vec<BTreeSet<LocalId>> = Vec::with_capacity(body.nodes.len());
    for node in &body.nodes {
        let needs = needs(&node.kind, &free);
        free.push(needs);
    }
    let outside = free.get(body.root.0 as usize).and_then(|locals| locals.first().copied());
    match outside {
        Some(local) => Err(format!("local ${} is read where it is not bound", local.0)),
        None => Ok(()),
    }
}

fn needs(kind: &NodeKind, free: &[BTreeSet<LocalId>]) -> BTreeSet<LocalId> {
    let of = |id: NodeId| free.get(id.0 as usize).cloned().unwrap_or_default();
    let mut needs = BTreeSet::new();
    match kind {
        NodeKind::Local(local) => {
            needs.insert(*local);
        }
        NodeKind::Guard { local, value, rest } => {
            needs.extend(of(*rest));
            needs.remove(local);
            needs.extend(of(*value));
        }
        NodeKind::Stream { source, stages, sink, .. } => {
            for stage in stages {
                let mut inner = of(stage.body);
                if stage.kind.has_lambda() {
                    inner.remove(&stage.element);
                    stage.index.iter().for_each(|index| {
                        inner.remove(index);
                    });
                }
                needs.extend(inner);
            }
            if let Sink::Reduce(reduction) = sink {
                let bound = [Some(reduction.value), Some(reduction.element), reduction.index];
                let inner = of(reduction.body).into_iter();
                needs.extend(inner.filter(|local| !bound.contains(&Some(*local))));
            }
            needs.extend(of(*source));
            needs.extend(sink.argument().map(of).unwrap_or_default());
        }
        other => needs.extend(other.children().into_iter().flat_map(of)),
    }
    needs
}
