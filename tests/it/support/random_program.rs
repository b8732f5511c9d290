//! Made-up expressions that are well typed but may fault: a small grammar walked by a seeded
//! generator, so that a failure can be run again.

use super::rare_program;

/// A generator of numbers from a seed (splitmix64).
#[derive(Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    fn one_of<'o>(&mut self, options: &[&'o str]) -> &'o str {
        options[self.roll(options.len())]
    }
}

/// The types the generator makes expressions of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Text,
    Integer,
    Number,
    Boolean,
    Texts,
    Numbers,
    Groups,
    Map,
    Time,
    Country,
    Any,
}

impl Wanted {
    /// The type of this name, as the forms of `rare_program` write it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "text" => Some(Self::Text),
            "integer" => Some(Self::Integer),
            "number" => Some(Self::Number),
            "boolean" => Some(Self::Boolean),
            "texts" => Some(Self::Texts),
            "numbers" => Some(Self::Numbers),
            "groups" => Some(Self::Groups),
            "map" => Some(Self::Map),
            "time" => Some(Self::Time),
            "country" => Some(Self::Country),
            "any" => Some(Self::Any),
            _ => None,
        }
    }
}

/// Makes expressions; knows the lambda parameters that can be named.
#[derive(Debug)]
pub(crate) struct Maker<'d> {
    pub(crate) dice: &'d mut Dice,
    scope: Vec<(String, Wanted)>,
    n_names: usize,
}

impl<'d> Maker<'d> {
    pub(crate) fn new(dice: &'d mut Dice) -> Self {
        Self { dice, scope: Vec::new(), n_names: 0 }
    }

    /// An expression of this type, at most `depth` operations deep.
    pub(crate) fn make(&mut self, wanted: Wanted, depth: usize) -> String {
        if depth == 0 || self.dice.roll(6) == 0 {
            return self.leaf(wanted);
        }
        let depth = depth - 1;
        if self.dice.roll(8) == 0 {
            return self.choice(wanted, depth);
        }
        match wanted {
            Wanted::Text => self.text(depth),
            Wanted::Integer => self.integer(depth),
            Wanted::Number => self.number(depth),
            Wanted::Boolean => self.boolean(depth),
            Wanted::Texts => self.texts(depth),
            Wanted::Numbers => self.numbers(depth),
            Wanted::Groups => self.groups(depth),
            Wanted::Map => self.map(depth),
            Wanted::Time => self.time(depth),
            Wanted::Country => self.country(depth),
            Wanted::Any => self.any(depth),
        }
    }

    fn leaf(&mut self, wanted: Wanted) -> String {
        let named: Vec<String> = self
            .scope
            .iter()
            .filter(|(_, ty)| *ty == wanted)
            .map(|(name, _)| name.clone())
            .collect();
        if !named.is_empty() && self.dice.roll(3) > 0 {
            return named[self.dice.roll(named.len())].clone();
        }
        let options: &[&str] = match wanted {
            Wanted::Text => &[
                "user.email",
                "user.title",
                "user.title",
                "user.accents",
                "user.long",
                "user.empty",
                "'role_'",
                "'@'",
                "'a'",
                "''",
                "'é'",
                "'r'",
                "'exactly8'",
                "'a text past sixteen'",
                "'true'",
                "'\"'",
            ],
            Wanted::Integer => &[
                "0",
                "1",
                "2",
                "7",
                "-1",
                "100",
                "user.age",
                "user.age",
                "user.big",
                "9223372036854775807",
                "user.none",
            ],
            Wanted::Number => &["0.5", "1.0", "-2.25", "1e300", "user.score", "0.0"],
            Wanted::Boolean => &["true", "false", "user.active", "user.active", "user.flag"],
            Wanted::Texts => &[
                "user.tags",
                "user.tags",
                "{}",
                "{'a', 'role_b', 'é'}",
                "user.many",
                "user.single",
                "user.notags",
            ],
            Wanted::Numbers => &["user.numbers", "user.numbers", "{1, 2.5, -3}", "{}"],
            Wanted::Groups => &["user.groups"],
            Wanted::Map => &["user.custom", "{k: 1}"],
            Wanted::Time => &[
                "user.created",
                "user.created",
                "user.lastLogin",
                "Time.now()",
                "Time.now('America/New_York')",
                "'2015-03-08T06:30:00.000001Z'.parseStringTime()",
                "'-9999-01-01'.parseStringTime()",
                "{Time.now('UTC'), 1}[0]",
            ],
            Wanted::Country => &[
                "'US'.parseCountryCode()",
                "'004'.parseCountryCode()",
                "(user.active ? 'France'.parseCountryCode() : null)",
                "{'USA'.parseCountryCode(), 1}[0]",
                "'Chad'.parseCountryCode()",
            ],
            Wanted::Any => &[
                "null",
                "user.custom.x",
                "user.custom.missing",
                "user.mixed[0]",
                "user.custom",
                "user.mixed[1]",
                "user.mixed",
                "1",
                "'a'",
                "user.created",
                "{Time.now(), 'US'.parseCountryCode()}[user.numbers[0]]",
            ],
        };
        self.dice.one_of(options).to_owned()
    }

    fn choice(&mut self, wanted: Wanted, depth: usize) -> String {
        let (a, b) = (self.make(wanted, depth), self.make(wanted, depth));
        match self.dice.roll(4) {
            0 => format!("({a} ?: {b})"),
            1 => format!("({a} ?? {b})"),
            2 => format!("({} ? {a} : {b})", self.make(Wanted::Boolean, depth)),
            _ => {
                let (first, second) =
                    (self.make(Wanted::Boolean, depth), self.make(Wanted::Boolean, depth));
                format!("({first} ? {a} : {second} ? {b} : {})", self.leaf(wanted))
            }
        }
    }

    fn text(&mut self, depth: usize) -> String {
        let a = self.make(Wanted::Text, depth);
        match self.dice.roll(18) {
            0 => format!("({a}).replace({}, {})", self.leaf(Wanted::Text), self.leaf(Wanted::Text)),
            1 => format!("({a}).replaceFirst({}, 'x')", self.leaf(Wanted::Text)),
            2 => format!("({a}).substringBefore({})", self.leaf(Wanted::Text)),
            3 => format!("({a}).substringAfter({})", self.leaf(Wanted::Text)),
            4 => format!("({a}).substring({})", self.leaf(Wanted::Integer)),
            5 => format!("({a}).substring(1, {})", self.make(Wanted::Integer, depth)),
            6 => format!("({a}).toUpperCase()"),
            7 => format!("({a}).toLowerCase()"),
            8 => format!("({a} + {})", self.make(Wanted::Text, depth)),
            9 => format!("({a} + {} + {})", self.leaf(Wanted::Integer), self.leaf(Wanted::Boolean)),
            10 => format!("({a})[{}]", self.leaf(Wanted::Integer)),
            11 => {
                format!("({}).join({})", self.make(Wanted::Texts, depth), self.leaf(Wanted::Text))
            }
            12 => format!("String.substringBefore({a}, {})", self.leaf(Wanted::Text)),
            13 => format!("String.replace({a}, {}, '-')", self.leaf(Wanted::Text)),
            14 => match self.dice.roll(2) {
                0 => format!("({}).first()", self.make(Wanted::Texts, depth)),
                _ => {
                    format!("({})[{}]", self.make(Wanted::Texts, depth), self.leaf(Wanted::Integer))
                }
            },
            15 => format!("({})?.first()?.name", self.make(Wanted::Groups, depth)),
            16 => format!("({a} + {})", self.make(Wanted::Texts, depth)),
            _ => format!("user.title?.replace('a', {a})"),
        }
    }

    fn integer(&mut self, depth: usize) -> String {
        let a = self.make(Wanted::Integer, depth);
        match self.dice.roll(10) {
            0 => format!("({a} + {})", self.make(Wanted::Integer, depth)),
            1 => format!("({a} - {})", self.make(Wanted::Integer, depth)),
            2 => format!("({a} * {})", self.make(Wanted::Integer, depth)),
            3 => format!("({a} / {})", self.make(Wanted::Integer, depth)),
            4 => format!("({a} % {})", self.make(Wanted::Integer, depth)),
            5 => format!("(-{a})"),
            6 => format!("({}).length()", self.make(Wanted::Text, depth)),
            7 => format!("({}).size()", self.make(Wanted::Texts, depth)),
            8 => format!("user.numbers[{a}]"),
            _ => format!("({}).length", self.make(Wanted::Groups, depth)),
        }
    }

    fn number(&mut self, depth: usize) -> String {
        let a = self.make(Wanted::Number, depth);
        match self.dice.roll(5) {
            0 => format!("({a} + {})", self.make(Wanted::Integer, depth)),
            1 => format!("({a} / {})", self.make(Wanted::Number, depth)),
            2 => format!("({} ^ {})", self.leaf(Wanted::Integer), self.leaf(Wanted::Integer)),
            3 => format!("({a} * {})", self.make(Wanted::Number, depth)),
            _ => format!("(-{a})"),
        }
    }

    fn boolean(&mut self, depth: usize) -> String {
        let kind = [Wanted::Text, Wanted::Integer, Wanted::Any][self.dice.roll(3)];
        let a = self.make(kind, depth);
        match self.dice.roll(17) {
            0 => format!("({a} == {})", self.make(kind, depth)),
            1 => format!("({a} != {})", self.make(kind, depth)),
            2 => format!("({a} == null)"),
            3 => format!(
                "({}).startsWith({})",
                self.make(Wanted::Text, depth),
                self.leaf(Wanted::Text)
            ),
            4 => format!(
                "({}).endsWith({})",
                self.make(Wanted::Text, depth),
                self.leaf(Wanted::Text)
            ),
            5 => format!(
                "({}).contains({})",
                self.make(Wanted::Text, depth),
                self.leaf(Wanted::Text)
            ),
            6 => {
                let order = self.dice.one_of(&["<", "<=", ">", ">="]);
                let kind = [Wanted::Text, Wanted::Integer, Wanted::Number][self.dice.roll(3)];
                format!("({} {order} {})", self.make(kind, depth), self.make(kind, depth))
            }
            7 => format!(
                "({} && {})",
                self.make(Wanted::Boolean, depth),
                self.make(Wanted::Boolean, depth)
            ),
            8 => format!(
                "({} || {})",
                self.make(Wanted::Boolean, depth),
                self.make(Wanted::Boolean, depth)
            ),
            9 => format!("!({})", self.make(Wanted::Boolean, depth)),
            10 | 11 => {
                let method = self.dice.one_of(&["any", "all"]);
                let list = self.make(Wanted::Texts, depth);
                let body = self.lambda(Wanted::Text, Wanted::Boolean, depth);
                format!("({list}).{method}({body})")
            }
            12 => format!(
                "({}).contains({})",
                self.make(Wanted::Texts, depth),
                self.make(Wanted::Text, depth)
            ),
            13 => format!(
                "isMemberOfGroupName({})",
                self.dice.one_of(&["'role_admin'", "'nobody'", "user.email", "'Everyone'"])
            ),
            14 => format!("isMemberOfAnyGroup('g1', {})", self.leaf(Wanted::Text)),
            15 => format!(
                "({}).any(g => g == {})",
                self.make(Wanted::Groups, depth),
                self.leaf(Wanted::Text)
            ),
            _ => format!("({})?.contains('a')", self.make(Wanted::Any, depth)),
        }
    }

    /// `x => …` or `(x, i) => …` over an element of type `element`.
    pub(crate) fn lambda(&mut self, element: Wanted, result: Wanted, depth: usize) -> String {
        self.n_names += 1;
        let (name, index) = (format!("x{}", self.n_names), format!("i{}", self.n_names));
        let indexed = self.dice.roll(3) == 0;
        let before = self.scope.len();
        self.scope.push((name.clone(), element));
        if indexed {
            self.scope.push((index.clone(), Wanted::Integer));
        }
        let body = self.make(result, depth);
        self.scope.truncate(before);
        if indexed { format!("({name}, {index}) => {body}") } else { format!("{name} => {body}") }
    }

    /// `(r, x) => …` or `(r, x, i) => …` over elements of type `element`.
    pub(crate) fn reduction(&mut self, element: Wanted, result: Wanted, depth: usize) -> String {
        self.n_names += 1;
        let n = self.n_names;
        let before = self.scope.len();
        self.scope.push((format!("r{n}"), result));
        self.scope.push((format!("y{n}"), element));
        let indexed = self.dice.roll(3) == 0;
        if indexed {
            self.scope.push((format!("j{n}"), Wanted::Integer));
        }
        let body = self.make(result, depth);
        self.scope.truncate(before);
        let index = if indexed { format!(", j{n}") } else { String::new() };
        format!("(r{n}, y{n}{index}) => {body}")
    }

    fn numbers(&mut self, depth: usize) -> String {
        let list = self.make(Wanted::Numbers, depth);
        match self.dice.roll(4) {
            0 => format!("({list}).map({})", self.lambda(Wanted::Number, Wanted::Number, depth)),
            1 => format!("({list}).filter(x => x > {})", self.leaf(Wanted::Integer)),
            2 => {
                let texts = self.make(Wanted::Texts, depth);
                format!("({texts}).map({})", self.lambda(Wanted::Text, Wanted::Integer, depth))
            }
            _ => format!("({list}).sort()"),
        }
    }

    fn time(&mut self, depth: usize) -> String {
        let time = self.make(Wanted::Time, depth);
        match self.dice.roll(4) {
            0 => {
                let way = self.dice.one_of(&["plus", "minus"]);
                let unit = self.dice.one_of(&["Days", "Hours", "Minutes", "Seconds"]);
                format!("({time}).{way}{unit}({})", self.leaf(Wanted::Integer))
            }
            1 => {
                let zones = ["Asia/Tokyo", "EST", "UTC", "Africa/Monrovia", "Nowhere"];
                format!("({time}).toZone('{}')", self.dice.one_of(&zones))
            }
            2 => format!("({time}).toUnix().parseUnixTime()"),
            _ => format!("({time} + {}).parseStringTime()", self.dice.one_of(&["''", "'x'"])),
        }
    }

    fn country(&mut self, depth: usize) -> String {
        let text = self.make(Wanted::Text, depth);
        match self.dice.roll(3) {
            0 => format!("({text}).parseCountryCode()"),
            1 => format!("({}).toName().parseCountryCode()", self.make(Wanted::Country, depth)),
            _ => "'GBR'.parseCountryCode()".to_owned(),
        }
    }

    fn texts(&mut self, depth: usize) -> String {
        let list = self.make(Wanted::Texts, depth);
        match self.dice.roll(10) {
            0 | 1 => {
                format!("({list}).filter({})", self.lambda(Wanted::Text, Wanted::Boolean, depth))
            }
            2 => format!("({list}).map({})", self.lambda(Wanted::Text, Wanted::Text, depth)),
            3 => {
                let first = self.lambda(Wanted::Text, Wanted::Text, depth);
                let second = self.lambda(Wanted::Text, Wanted::Text, depth);
                format!("({list}).map({first}).map({second})")
            }
            4 => {
                let groups = self.make(Wanted::Groups, depth);
                let prefix = self.dice.one_of(&["'role_'", "'r'", "'role_admin_with_long'", "''"]);
                format!(
                    "({groups}).filter(g => g.startsWith({prefix})).map(g => g.replace({prefix}, ''))"
                )
            }
            5 => format!("({}).name", self.make(Wanted::Groups, depth)),
            6 => format!("({list}).?[#this.startsWith({})]", self.leaf(Wanted::Text)),
            7 => format!("({list}).![#this + {}]", self.dice.one_of(&["'x'", "1", "''"])),
            8 => format!("{{{}, {}}}", self.make(Wanted::Text, depth), self.leaf(Wanted::Text)),
            _ => "user.getGroups({'group.profile.name': 'role_'}).![name]".to_owned(),
        }
    }

    fn groups(&mut self, depth: usize) -> String {
        let groups = self.make(Wanted::Groups, depth);
        match self.dice.roll(4) {
            0 => format!("({groups}).filter(g => g.name.contains({}))", self.leaf(Wanted::Text)),
            1 => "user.getGroups({'group.profile.name': {'role_', 'E*'}})".to_owned(),
            2 => "user.getGroups({'group.profile.name': 'Everyone', operator: 'EXACT'})".to_owned(),
            _ => format!("({groups}).filter((g, i) => i < {})", self.leaf(Wanted::Integer)),
        }
    }

    fn map(&mut self, depth: usize) -> String {
        match self.dice.roll(2) {
            0 => format!(
                "{{k: {}, 'l m': {}}}",
                self.make(Wanted::Any, depth),
                self.make(Wanted::Text, depth)
            ),
            _ => format!("({}).?[value != null]", self.make(Wanted::Map, depth)),
        }
    }

    fn any(&mut self, depth: usize) -> String {
        let a = self.make(Wanted::Any, depth);
        match self.dice.roll(12) {
            0 => format!("({a}).x"),
            1 => format!("({a})?.x?.y"),
            2 => format!("({a})[{}]", self.leaf(Wanted::Integer)),
            3 => format!("({a} + {})", self.make(Wanted::Any, depth)),
            4 => format!("({a}).toUpperCase()"),
            5 => format!("({a}).startsWith({})", self.leaf(Wanted::Text)),
            6 => format!("({a}).map(x => x)"),
            7 => format!("{{k: {a}, 'l m': {}}}", self.make(Wanted::Integer, depth)),
            8 => format!("{{{a}, {}}}", self.make(Wanted::Boolean, depth)),
            9 => format!("({a}).size()"),
            10 => rare_program::call(self, depth),
            // Work that grows with the square takes as long as hundreds of programs.
            _ if self.dice.roll(8) == 0 => {
                format!("user.many.map(x => user.many.filter(y => x == y || {a} == y)).size()")
            }
            _ => format!("user.tags.map(x => user.many.filter(y => x == y || {a} == y)).size()"),
        }
    }
}
