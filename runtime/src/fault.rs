//! How an evaluation fails: one code per category of OEL §4.5 that can happen at run time.

/// Why an evaluation stopped. The place is kept beside it by whoever evaluates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Fault {
    /// An operand or argument of a kind that cannot be used there, or null where none may be.
    Type = 1,
    /// A member or method of null.
    NullTarget = 2,
    /// An index outside its list or text.
    Index = 3,
    /// Integer overflow, division by zero, or a result that is not finite.
    Arithmetic = 4,
    /// A text that does not read as the number asked for.
    NumberFormat = 5,
    /// A budget of `Limits` is spent.
    Limit = 6,
    /// No function of that name takes that many arguments for the kind found at run time.
    Arity = 7,
    /// The kind found at run time has no method of that name.
    UnknownFunction = 8,
    /// The value found at run time has no such member.
    UnknownProperty = 9,
    /// A text that is no regular expression, or one that is too large.
    Regex = 10,
    /// A group function was told a limit above 100 outside the authorization code flow.
    GroupLimitTooLarge = 20,
    /// A group function was told a limit that is no integer.
    GroupLimitNotInteger = 21,
    /// A group function was told a limit below 1.
    GroupLimitNotPositive = 22,
    /// More groups than the limit.
    TooManyGroups = 23,
    /// The ids of `getFilteredGroups` are no list.
    Allowlist = 24,
    /// A group function without a user.
    NoUser = 25,
    /// A text that does not read as a time, or a time outside the years -9999 to 9999.
    BadTime = 30,
    /// No time zone has this id.
    BadZone = 31,
    /// No country has this code or name.
    BadCountry = 32,
    /// A bug of ours was caught before it could do harm (a row panicked).
    Internal = 11,
}

/// Native code reached the end of its output buffer: the interpreter's answer counts. Not a fault.
pub const OUTPUT_FULL: u32 = 1000;

impl Fault {
    /// Every fault, in the order of their codes.
    pub const ALL: [Self; 20] = [
        Self::Type,
        Self::NullTarget,
        Self::Index,
        Self::Arithmetic,
        Self::NumberFormat,
        Self::Limit,
        Self::Arity,
        Self::UnknownFunction,
        Self::UnknownProperty,
        Self::Regex,
        Self::GroupLimitTooLarge,
        Self::GroupLimitNotInteger,
        Self::GroupLimitNotPositive,
        Self::TooManyGroups,
        Self::Allowlist,
        Self::NoUser,
        Self::BadTime,
        Self::BadZone,
        Self::BadCountry,
        Self::Internal,
    ];

    /// The fault that native code returned as `code`; `None` for 0 and unknown codes.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.code() == code)
    }

    /// The number native code returns for it.
    #[must_use]
    pub fn code(self) -> u32 {
        self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::Fault;

    /// The fault after this one; a fault that is missing here does not compile.
    fn next(fault: Fault) -> Option<Fault> {
        match fault {
            Fault::Type => Some(Fault::NullTarget),
            Fault::NullTarget => Some(Fault::Index),
            Fault::Index => Some(Fault::Arithmetic),
            Fault::Arithmetic => Some(Fault::NumberFormat),
            Fault::NumberFormat => Some(Fault::Limit),
            Fault::Limit => Some(Fault::Arity),
            Fault::Arity => Some(Fault::UnknownFunction),
            Fault::UnknownFunction => Some(Fault::UnknownProperty),
            Fault::UnknownProperty => Some(Fault::Regex),
            Fault::Regex => Some(Fault::GroupLimitTooLarge),
            Fault::GroupLimitTooLarge => Some(Fault::GroupLimitNotInteger),
            Fault::GroupLimitNotInteger => Some(Fault::GroupLimitNotPositive),
            Fault::GroupLimitNotPositive => Some(Fault::TooManyGroups),
            Fault::TooManyGroups => Some(Fault::Allowlist),
            Fault::Allowlist => Some(Fault::NoUser),
            Fault::NoUser => Some(Fault::BadTime),
            Fault::BadTime => Some(Fault::BadZone),
            Fault::BadZone => Some(Fault::BadCountry),
            Fault::BadCountry => Some(Fault::Internal),
            Fault::Internal => None,
        }
    }

    #[test]
    fn the_list_of_faults_has_them_all() {
        let every: Vec<Fault> =
            std::iter::successors(Some(Fault::Type), |fault| next(*fault)).collect();
        assert_eq!(Fault::ALL.as_slice(), every);
    }
}
