//! The other expressions of the corpus by hand: what a careful programmer would write over the same
//! packed records, called as generated code is and with the same duties. Of most there are two: one
//! that branches, and one that does not; the faster counts.
#![expect(unsafe_code, reason = "reads the layout that generated code reads")]

use crate::hand::{
    Context, GROUPS, Text, USER, answer, as_str, is_kind, len, load, text_of, words,
};
use claimsmith_runtime::Kind;
use claimsmith_runtime::pattern::Pattern;
use claimsmith_runtime::record::{Header, SLOTS};
use std::marker::PhantomData;
use std::sync::LazyLock;

/// Slots of the user, and of the profile in it, as `people` writes them.
const CREATED: usize = 1;
const LAST_LOGIN: usize = 2;
const PROFILE: usize = 3;
const EMAIL: usize = 0;
const FIRST_NAME: usize = 1;
const LAST_NAME: usize = 2;
const DEPARTMENT: usize = 3;

/// Which root holds the name symbols.
const NAMES: usize = 1;
/// Bytes of a text that are copied without asking for their number.
const SHORT: usize = 32;

/// A record that outlives the call.
#[derive(Clone, Copy)]
struct Record<'r> {
    slots: *const u8,
    /// The name symbols of the program's names.
    resolved: *const u32,
    lifetime: PhantomData<&'r Header>,
}

/// The groups of a user.
#[derive(Clone, Copy)]
struct Groups<'r> {
    elements: *const u8,
    n: usize,
    lifetime: PhantomData<&'r Header>,
}

impl Record<'_> {
    /// The two words of a slot below those that `people::USER_SLOTS` and `people::PROFILE_SLOTS` list.
    fn slot(self, index: usize) -> [u64; 2] {
        // SAFETY: whoever makes the records has seen that they have these slots.
        unsafe { words(self.slots, index) }
    }

    fn text(self, index: usize) -> Option<Text> {
        let [bits, meta] = self.slot(index);
        is_kind(meta, Kind::Text).then(|| text_of([bits, meta]))
    }

    fn profile(self) -> Option<Self> {
        let [bits, meta] = self.slot(PROFILE);
        let header: *const u8 = std::ptr::with_exposed_provenance(bits as usize);
        let slots = header.wrapping_add(SLOTS as usize);
        is_kind(meta, Kind::Record).then_some(Self { slots, ..self })
    }

    fn groups(self) -> Option<Groups<'static>> {
        let [bits, meta] = self.slot(GROUPS);
        let elements = std::ptr::with_exposed_provenance(bits as usize);
        is_kind(meta, Kind::List).then_some(Groups {
            elements,
            n: len(meta),
            lifetime: PhantomData,
        })
    }
}

impl Groups<'_> {
    /// The symbols of group `index`, below `n`.
    fn bits(self, index: usize) -> u64 {
        // SAFETY: callers count up to the length of the list.
        unsafe { words(self.elements, index)[0] }
    }
}

impl Text {
    fn bytes<'t>(self) -> &'t [u8] {
        // SAFETY: a text of a record or table, which outlive the call.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }

    fn str<'t>(self) -> &'t str {
        // SAFETY: as above.
        unsafe { as_str(self) }
    }

    /// The first eight bytes, those of the padding included.
    fn front(self) -> u64 {
        // SAFETY: a text is padded by 32 bytes.
        unsafe { load(self.start, 0) }
    }

    fn without_front(self, n: usize) -> Self {
        Self { start: self.start.wrapping_add(n), len: self.len - n, ..self }
    }
}

/// Text between quotes already written or to be written by others.
fn write_inside(context: &mut Context, text: Text) -> bool {
    if !text.is_clean || text.len > SHORT {
        return write_inside_slowly(context, text);
    }
    // SAFETY: the padding makes 32 bytes readable, and the slack of the output writable.
    unsafe { context.cursor.copy_from_nonoverlapping(text.start, SHORT) };
    context.cursor = context.cursor.wrapping_add(text.len);
    true
}

#[cold]
fn write_inside_slowly(context: &mut Context, text: Text) -> bool {
    if text.is_clean {
        return context.write(text.bytes());
    }
    let mut json = Vec::new();
    claimsmith_runtime::json::write_str(text.str(), &mut |bytes| {
        json.extend_from_slice(bytes);
        true
    });
    context.write(json.get(1..json.len() - 1).unwrap_or_default())
}

fn write_text(context: &mut Context, text: Text) -> bool {
    put(context, b'"');
    let written = write_inside(context, text);
    put(context, b'"');
    written && context.fits()
}

/// One byte, counted by whoever looks at the room next; the slack takes it.
fn put(context: &mut Context, byte: u8) {
    // SAFETY: the cursor is at most a short text beyond the end, and the slack is longer.
    unsafe { context.cursor.write(byte) };
    context.cursor = context.cursor.wrapping_add(1);
}

fn write_boolean(context: &mut Context, value: bool) -> bool {
    context.write(if value { b"true" } else { b"false" })
}

/// Makes functions of the shape that generated code has.
macro_rules! entries {
    ($($name:ident = $body:ident;)*) => {$(
        /// # Safety
        /// `context` and `roots` are those that [`crate::hand::Hand::enter`] makes.
        pub(crate) unsafe extern "C" fn $name(
            context: *mut Context,
            roots: *const *const Header,
        ) -> u32 {
            // SAFETY: nobody else uses the context during the call.
            let context = unsafe { &mut *context };
            // SAFETY: there is a root at `USER`.
            let header = unsafe { load::<*const u8>(roots.cast(), USER * size_of::<usize>()) };
            if header.is_null() {
                return 2;
            }
            // SAFETY: behind it are the name symbols.
            let resolved = unsafe { load(roots.cast(), NAMES * size_of::<usize>()) };
            let slots = header.wrapping_add(SLOTS as usize);
            let user = Record { slots, resolved, lifetime: PhantomData };
            answer($body(context, user).unwrap_or(false))
        }
    )*};
}

entries! {
    names = write_names;
    names_in_two_passes = write_names_in_two_passes;
    condition = write_condition;
    condition_at_once = write_condition_at_once;
    domain = write_domain;
    domain_at_once = write_domain_at_once;
    short_department = write_short_department;
    short_department_at_once = write_short_department_at_once;
    full_name = write_full_name;
    membership = write_membership;
    membership_at_once = write_membership_at_once;
    pattern = write_pattern;
    order = write_order;
    csv = write_csv;
}

/// `role_` as the low bytes of a word.
const ROLE: u64 = u64::from_le_bytes(*b"role_\0\0\0");
const ROLE_MASK: u64 = (1 << 40) - 1;

fn is_role(name: Text) -> bool {
    name.len >= 5 && name.front() & ROLE_MASK == ROLE
}

/// `user.groups.?[name.startsWith("role_")].![name]`
fn write_names(context: &mut Context, user: Record<'_>) -> Option<bool> {
    let groups = user.groups()?;
    put(context, b'[');
    let first = context.cursor;
    for index in 0..groups.n {
        let name = context.name(groups.bits(index))?;
        if is_role(name) {
            if !write_text(context, name) {
                return None;
            }
            put(context, b',');
        }
    }
    close(context, first)
}

/// As above: first the places of the roles, without a branch, then their names.
fn write_names_in_two_passes(context: &mut Context, user: Record<'_>) -> Option<bool> {
    const MOST: usize = 256;
    let groups = user.groups()?;
    put(context, b'[');
    let first = context.cursor;
    let mut chosen = [0_u32; MOST];
    for start in (0..groups.n).step_by(MOST) {
        let mut n = 0;
        for index in start..groups.n.min(start + MOST) {
            let name = context.name(groups.bits(index))?;
            if let Some(cell) = chosen.get_mut(n) {
                *cell = index as u32;
            }
            n += usize::from(is_role(name));
        }
        for index in chosen.iter().take(n) {
            let name = context.name(groups.bits(*index as usize))?;
            if !write_text(context, name) {
                return None;
            }
            put(context, b',');
        }
    }
    close(context, first)
}

/// Writes `]` over the last comma, if there is one.
fn close(context: &mut Context, first: *mut u8) -> Option<bool> {
    if context.cursor != first {
        context.cursor = context.cursor.wrapping_sub(1);
    }
    Some(context.write(b"]"))
}

/// `user.department == "Engineering" && user.email.endsWith("@example.com")`
fn write_condition(context: &mut Context, user: Record<'_>) -> Option<bool> {
    let profile = user.profile()?;
    let holds = profile.text(DEPARTMENT)?.bytes() == b"Engineering"
        && profile.text(EMAIL)?.bytes().ends_with(b"@example.com");
    Some(write_boolean(context, holds))
}

fn write_condition_at_once(context: &mut Context, user: Record<'_>) -> Option<bool> {
    let profile = user.profile()?;
    let (department, email) = (profile.text(DEPARTMENT)?, profile.text(EMAIL)?);
    // SAFETY: a text is padded by 32 bytes.
    let ends = [unsafe { load::<u64>(department.start, 0) }, unsafe { load(department.start, 3) }];
    let same = (ends[0] ^ u64::from_le_bytes(*b"Engineer"))
        | (ends[1] ^ u64::from_le_bytes(*b"ineering"))
        | (department.len as u64 ^ 11);
    let holds = (same == 0) & email.bytes().ends_with(b"@example.com");
    Some(write_boolean(context, holds))
}

/// `String.substringAfter(user.email, "@")`
fn write_domain(context: &mut Context, user: Record<'_>) -> Option<bool> {
    let email = user.profile()?.text(EMAIL)?;
    let at = email.bytes().iter().position(|byte| *byte == b'@');
    let domain = email.without_front(at.map_or(email.len, |at| at + 1));
    Some(write_text(context, domain))
}

#[cfg(target_arch = "x86_64")]
fn write_domain_at_once(context: &mut Context, user: Record<'_>) -> Option<bool> {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8,
    };
    let email = user.profile()?.text(EMAIL)?;
    // SAFETY: every x86-64 has SSE2.
    let wanted = unsafe { _mm_set1_epi8(b'@'.cast_signed()) };
    let found = |offset: usize| {
        let at = email.start.wrapping_add(offset).cast::<__m128i>();
        // SAFETY: a text is padded by 32 bytes.
        let bytes = unsafe { _mm_loadu_si128(at) };
        // SAFETY: as above.
        let equal = unsafe { _mm_cmpeq_epi8(bytes, wanted) };
        // SAFETY: as above.
        unsafe { _mm_movemask_epi8(equal) }.cast_unsigned()
    };
    let at = (found(0) | found(16) << 16).trailing_zeros() as usize;
    if email.len > 32 {
        return write_domain(context, user);
    }
    let domain = email.without_front((at + 1).min(email.len));
    Some(write_text(context, domain))
}

#[cfg(not(target_arch = "x86_64"))]
fn write_domain_at_once(context: &mut Context, user: Record<'_>) -> Option<bool> {
    write_domain(context, user)
}

/// A 5-way ternary over the department.
fn write_short_department(context: &mut Context, user: Record<'_>) -> Option<bool> {
    let department = user.profile()?.text(DEPARTMENT)?;
    Some(context.write(match department.bytes() {
        b"Engineering" => b"\"eng\"",
        b"Sales" => b"\"sal\"",
        b"Finance" => b"\"fin\"",
        b"Support" => b"\"sup\"",
        _ => b"\"oth\"",
    }))
}

fn write_short_department_at_once(context: &mut Context, user: Record<'_>) -> Option<bool> {
    let department = user.profile()?.text(DEPARTMENT)?;
    let is = |text: &[u8; 8], len: usize| {
        let shift = 64 - 8 * len.min(8) as u32;
        let wanted = u64::from_le_bytes(*text) << shift;
        (department.len == len) & (department.front() << shift == wanted)
    };
    // SAFETY: a text is padded by 32 bytes.
    let back: u64 = unsafe { load(department.start, 3) };
    let engineering = is(b"Engineer", 11) & (back == u64::from_le_bytes(*b"ineering"));
    let place = usize::from(engineering)
        + 2 * usize::from(is(b"Sales\0\0\0", 5))
        + 3 * usize::from(is(b"Finance\0", 7))
        + 4 * usize::from(is(b"Support\0", 7));
    const CODES: [&[u8; 5]; 5] = [b"\"oth\"", b"\"eng\"", b"\"sal\"", b"\"fin\"", b"\"sup\""];
    Some(context.write(CODES.get(place).copied()?))
}

/// `user.firstName + " " + user.lastName`
fn write_full_name(context: &mut Context, user: Record<'_>) -> Option<bool> {
    let profile = user.profile()?;
    let (first, last) = (profile.text(FIRST_NAME)?, profile.text(LAST_NAME)?);
    put(context, b'"');
    let written = write_inside(context, first);
    put(context, b' ');
    let written = written && context.fits() && write_inside(context, last);
    put(context, b'"');
    Some(written && context.fits())
}

/// The name symbols that the membership asks for.
fn wanted(user: Record<'_>) -> [u32; 3] {
    // SAFETY: the program names three groups.
    unsafe { load(user.resolved.cast(), 0) }
}

/// `isMemberOfGroupName` of three groups, with `||` between.
fn write_membership(context: &mut Context, user: Record<'_>) -> Option<bool> {
    let (groups, wanted) = (user.groups()?, wanted(user));
    let is_member = (0..groups.n).any(|index| {
        let name = (groups.bits(index) >> 32) as u32;
        wanted[0] == name || wanted[1] == name || wanted[2] == name
    });
    Some(write_boolean(context, is_member))
}

fn write_membership_at_once(context: &mut Context, user: Record<'_>) -> Option<bool> {
    let (groups, wanted) = (user.groups()?, wanted(user));
    let is_member = (0..groups.n).fold(false, |found, index| {
        let name = (groups.bits(index) >> 32) as u32;
        found | (wanted[0] == name) | (wanted[1] == name) | (wanted[2] == name)
    });
    Some(write_boolean(context, is_member))
}

/// The pattern of the corpus, compiled as the runtime compiles it.
static PATTERN: LazyLock<Option<Pattern>> =
    LazyLock::new(|| Pattern::new("[a-z.]+@example[.]com").ok());

/// `user.email matches "[a-z.]+@example[.]com"`
fn write_pattern(context: &mut Context, user: Record<'_>) -> Option<bool> {
    let email = user.profile()?.text(EMAIL)?;
    let matches = PATTERN.as_ref()?.matches(email.str());
    Some(write_boolean(context, matches))
}

/// `user.created < user.lastLogin`
fn write_order(context: &mut Context, user: Record<'_>) -> Option<bool> {
    let ([created, kind], [last_login, other]) = (user.slot(CREATED), user.slot(LAST_LOGIN));
    if !is_kind(kind, Kind::DateTime) || !is_kind(other, Kind::DateTime) {
        return None;
    }
    Some(write_boolean(context, created.cast_signed() < last_login.cast_signed()))
}

/// The classic CSV trick over the names of all roles: joined with commas, the prefix taken from the
/// whole, split again.
fn write_csv(context: &mut Context, user: Record<'_>) -> Option<bool> {
    let groups = user.groups()?;
    let mut joined = String::with_capacity(16 * groups.n);
    for index in 0..groups.n {
        let name = context.name(groups.bits(index))?;
        if is_role(name) {
            if !joined.is_empty() {
                joined.push(',');
            }
            joined.push_str(name.str());
        }
    }
    let replaced = joined.replace("role_", "");
    put(context, b'[');
    let first = context.cursor;
    for piece in replaced.split(',').map(str::trim).filter(|piece| !piece.is_empty()) {
        put(context, b'"');
        // Takes back the quote it begins with, and writes `","` behind.
        if !context.write_escaped(piece) {
            return None;
        }
        context.cursor = context.cursor.wrapping_sub(1);
    }
    close(context, first)
}
