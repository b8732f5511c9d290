//! Values that are wanted only where they are not null: what is null leaves at once for where that
//! counts, and is asked once.

use super::Mistake;
use super::function::{Binding, Emitter, Words, is_scalar};
use crate::ir::{Constant, Link, NodeId, NodeKind};
use claimsmith_runtime::functions::{self, Returns, Work};
use claimsmith_runtime::types::{Shape, Type};
use cranelift_codegen::ir::Block;

impl<'b> Emitter<'_, 'b> {
    /// Evaluates a node; goes on here with a value that is not null, and at `null` with none.
    pub(super) fn present(&mut self, id: NodeId, null: Block) -> Words {
        match self.node(id).map(|node| &node.kind) {
            Some(NodeKind::Guard { local, value, rest }) => {
                let words = self.present(*value, null);
                self.bind(*local, Binding { words, prefix: None });
                self.present(*rest, null)
            }
            Some(NodeKind::Charge { steps, body }) => {
                self.charge(*steps, id);
                self.present(*body, null)
            }
            // Null weighs nothing.
            Some(NodeKind::ChargeSize(value, Work::Walk)) if self.weighs_its_length(*value) => {
                let words = self.present(*value, null);
                self.spend_size(words, self.shape(*value), id);
                words
            }
            Some(NodeKind::Choice { links, otherwise }) => {
                self.present_choice(id, links, *otherwise, null)
            }
            // A question is never null, and has code of its own.
            Some(NodeKind::Call { row, arguments }) if self.question(*row, arguments).is_none() => {
                let words = self.call_or_null(id, *row, arguments, Some(null));
                let given = functions::row(*row).map(|row| row.returns);
                match given.is_none_or(Returns::may_be_null)
                    || self.makes(Mistake::MissingNullCheck)
                {
                    true => self.unless_missing(id, words, null),
                    false => words,
                }
            }
            Some(NodeKind::Constant(Constant::Null)) => {
                self.jump(null);
                let unreachable = self.block();
                self.enter(unreachable);
                self.null()
            }
            _ => {
                let words = self.value(id);
                self.unless_missing(id, words, null)
            }
        }
    }

    pub(super) fn unless_missing(&mut self, id: NodeId, words: Words, null: Block) -> Words {
        if let Some(missing) = self.is_null(words, self.shape(id)) {
            self.leave_if(missing, null);
        }
        words
    }

    /// Whether what weighing a node's value spends is in its second word.
    fn weighs_its_length(&self, id: NodeId) -> bool {
        match &self.shape(id).ty {
            Type::Text => true,
            Type::List(element) => is_scalar(&element.ty) && element.ty != Type::Text,
            _ => false,
        }
    }

    fn present_choice(
        &mut self,
        id: NodeId,
        links: &'b [Link],
        otherwise: NodeId,
        null: Block,
    ) -> Words {
        let end = self.merge_block();
        for link in links {
            let next = self.block();
            let words = match link {
                Link::If { condition, then } => {
                    let arm = self.block();
                    self.condition(id, *condition, arm, next);
                    self.enter(arm);
                    self.present(*then, null)
                }
                Link::Default { value, empty_too } => self.default(*value, *empty_too, next),
            };
            self.jump_with(end, words);
            self.enter(next);
        }
        let words = self.present(otherwise, null);
        self.jump_with(end, words);
        self.enter_with(end)
    }

    /// The value of a link's default; leaves for `next` if it is null, or (`empty_too`) the empty
    /// text.
    pub(super) fn default(&mut self, value: NodeId, empty_too: bool, next: Block) -> Words {
        let words = self.present(value, next);
        let present = Shape { ty: self.shape(value).ty.clone(), nullable: false };
        if empty_too {
            self.leave_if_empty_text(words, &present, next);
        }
        words
    }

    /// Goes on at `yes` or `no`, and at `null` if there is no answer; what it gives is a boolean or
    /// null.
    pub(super) fn branch_or_null(&mut self, id: NodeId, yes: Block, no: Block, null: Block) {
        match self.node(id).map(|node| &node.kind) {
            Some(NodeKind::Guard { local, value, rest }) => {
                let words = self.present(*value, null);
                self.bind(*local, Binding { words, prefix: None });
                self.branch_or_null(*rest, yes, no, null);
            }
            Some(NodeKind::Charge { steps, body }) => {
                self.charge(*steps, id);
                self.branch_or_null(*body, yes, no, null);
            }
            _ if super::branch::is_boolean(self.shape(id)) => self.branch(id, yes, no),
            _ => {
                let words = self.present(id, null);
                self.fork(words.bits, yes, no);
            }
        }
    }
}
