//! Programs that a grammar walked at random hardly ever makes: a call of each row of the function
//! table, forms that few rules lead to, and work beyond each limit.

use super::random_program::{Maker, Wanted};
use claimsmith_runtime::functions::{self, Accepts, Function, Style};

/// A limit and a program that goes beyond it, wherever there is a user. The placeholders of
/// [`FORMS`] can be used.
const BEYOND: &[(&str, &str)] = &[
    ("steps", "user.many.map(x => user.many.filter(y => user.many.any(z => z != <text>)))"),
    ("steps", "user.many.map(x => {user.book.length(), <integer>})"),
    ("steps", "user.many.filter(x => user.book.contains(x + 'b' + <text>))"),
    ("text", "(user.book + <text> + user.book + user.book)"),
    ("text", "user.book.replace(' ', 'abcde' + <text>)"),
    ("text", "{user.book, <text>, user.book, user.book}.map(x => x).join(<text>)"),
    ("text", "String.join('-', user.book, user.book, <any>, user.book)"),
    ("list", "user.huge.map(x => {x, <text>})"),
    ("list", "user.huge.filter((x, i) => i >= 0 || <boolean>).![#this].map(x => x)"),
    ("list", "user.huge.flatMap(x => {x, <text>})"),
    (
        "list",
        "user.many.flatMap(x => user.tags.concat(user.tags, <texts>, {1,2,3,4,5,6,7,8,9,0,1}))",
    ),
    ("list", "user.huge.concat(user.huge, <texts>)"),
    ("steps", "user.many.flatMap(x => user.many.map(y => y + <text>)).count()"),
    ("steps", "user.many.flatMap(x => user.many).flatMap(x => user.many).any(x => x == <text>)"),
    ("steps", "user.many.map(x => {x, user.groups}).distinct()"),
    ("list", "Arrays.size(user.commas + <text>)"),
    ("depth", "{{{{{{{{{{{{{user.custom.deep}}}}}}}}}}}}, <any>}"),
    (
        "depth",
        "{a: {b: {c: {d: {e: {f: {g: {h: {i: {{{{user.custom.deep}}}}}}}}}}}}, k: <integer>}",
    ),
    ("output", "{user.book, <text>, user.book}"),
    ("output", "user.many.map(x => user.long + user.long + x + <integer>)"),
];

/// Forms with a place for an expression of each type.
const FORMS: &[&str] = &[
    "(+<any>)",
    "(+<number>)",
    "(+user.mixed.size())",
    "(+user.custom.list[2])",
    "(-<any>)",
    "user.custom.list[<number>]",
    "user.custom.![value]",
    "user.custom.?[key == <text>]",
    "user.custom.?[value != null || <boolean>].size()",
    "{p: <integer>, q: <text>}.?[key == 'p']",
    "<map>.?[key != <text>]",
    "<map>.size()",
    "<texts>.^[#this == <text>]",
    "<texts>.$[#this != <text>]",
    "user.tags.$[#this >= <text>]",
    "user.many.$[#this != <text>]?.length",
    "<groups>.^[name == <text>]",
    "<groups>.$[name.startsWith('role_')]?.name",
    "<texts>.map(x => x + <text>)[<integer>]",
    "<texts>.filter(x => x != <text>).at(<integer>)",
    "<texts>.flatMap(x => {x, <text>}).at(-1)",
    "<texts>.flatMap(x => x.split(<text>)).at(<integer>)",
    "<texts>.flatMap(x => {x, <text>}).indexOf(<text>)",
    "<texts>.map(x => {x}).indexOf({<text>})",
    "<texts>.map(x => {x}).contains({<text>, 'a'})",
    "user.custom.list.flatMap(x => {x, <any>}).contains(<any>)",
    "<texts>.flatMap((x, i) => {x, i}).take(<integer>)",
    "<texts>.flatMap((x, i) => <texts>).filter((x, i) => i != <integer>)",
    "<texts>.skip(<integer>).flatMap(x => {x, <any>}).skip(1).take(7).map(x => x)",
    "<texts>.take(<integer>).flatMap(x => <texts>).take(20).join(<text>)",
    "<texts>.map(x => <integer> / (x.length() - 1)).take(<integer>)",
    "<texts>.map(x => <integer> / (x.length() - 1)).skip(<integer>).first()",
    "<numbers>.flatMap(x => {x, <number>}).sum()",
    "<texts>.flatMap(x => <any>)",
    "<texts>.flatMap(x => x == <text> ? null : {x}).size()",
    "<texts>.reduce((r, x) => r + x)",
    "<texts>.reduce((r, x, i) => r + i, <integer>)",
    "<texts>.reduce(<text>, (r, x) => r.length() > 3000 ? r : r + x)",
    "<texts>.flatMap(x => {x, x}).reduce((r, x) => x.length() + r, <integer>)",
    "<texts>.reduce((r, x) => r.add(x), {<any>})",
    "<texts>.take(9).reduce((r, x) => {r, x})",
    "<numbers>.reduce((r, x) => x > r ? x : r)",
    "<texts>.map(x => <any>).distinct()",
    "<texts>.distinct().sortBy(x => x.length()).take(<integer>)",
    "<texts>.sortBy((x, i) => <any>)",
    "<texts>.sortBy(x => x.length() > 1)",
    "{<text>, 'b', 'aa', <text>}.sortBy(x => x.length())",
    "(user.title == '' || <boolean>)",
    "<texts>.map(x => user.title == '' ? x : user.none).count()",
    "{<any>, <any>, <text>, <any>}.distinct()",
    "{user.groups, {<text>}, user.groups, {user.groups[0], 1}}.distinct().size()",
    "{<texts>, <texts>, {k: <any>}, {k: <any>}}.distinct()",
    "<groups>.concat(<texts>).distinct()",
    "<groups>.sortBy(g => g.name).last()",
    "<texts>.concat(<texts>, <any>).slice(<integer>, <integer>)",
    "<any>.slice(<integer>)",
    "<any>.at(<integer>)",
    "<texts>.get(<integer>)",
    "Arrays.get(<texts>, <any>)",
    "<any>.indexOf(<text>)",
    "<any>.concat(<text>)",
    "<numbers>.min()",
    "<texts>.map(x => {x}).sort()",
    "<texts>.map(x => x).sum()",
    "<texts>.filter(x => x != <text>)[<integer>]",
    "<texts>.map(x => x + <text>).size()",
    "<texts>.map(x => <any>).join(<text>)",
    "<texts>.map(x => user.custom.k).first()",
    "<any>.map(x => x).size()",
    "user.custom.list.map(x => x).join(<text>)",
    "user.custom.x.y.filter(x => x != <text>)",
    "user.custom.list.any(x => x == <any>)",
    "user.custom.k.map(x => <any>)",
    "<any>.contains(<text>)",
    "<any>.size()",
    "<any>.length",
    "user.custom.list.join(<text>)",
    "user.title.unheard",
    "user.custom.x.y.unheard",
    "user.custom[<text>]",
    "user[<text>]",
    "user.groups[<integer>][<text>]",
    "user.groups[<integer>].id",
    "user.groups.id",
    "user.groups.description",
    "user.groups.map(g => g.profile.name)",
    "user.groups.![name.length]",
    "user.getGroups({'group.id': {'g1', <text>}})",
    "user.getGroups({'group.profile.name': <texts>})",
    "user.getGroups({'group.source.id': 's1', 'group.type': <text>})",
    "user?.email",
    "user?.title?.length()",
    "user?.groups?.size()",
    "(user?.email ?: <text>)",
    "(user?.tags ?? {<text>})?.first()",
    "user?.custom?.x?.y?.![#this]",
    "isMemberOfAnyGroup(<texts>)",
    "isMemberOfAnyGroup({'g1', <text>}, user.custom.list[0])",
    "isMemberOfGroup(<text>)",
    "isMemberOfGroup(<any>)",
    "isMemberOfGroup('g1')",
    "isMemberOfGroupName(<text>)",
    "isMemberOfGroupNameStartsWith(<text>)",
    "isMemberOfGroupNameContains(<text>)",
    "isMemberOfGroupNameRegex(<text>)",
    "isMemberOfGroupNameRegex('/role_.*/')",
    "isMemberOfGroupNameRegex(user.email + '/(')",
    "user.getLinkedObject('manager').title",
    "(user.getLinkedObject('manager')?.email + <text>)",
    "user.getLinkedObject('manager').getLinkedObject('id')?.tags.map(t => t + <text>)",
    "user?.getLinkedObject('manager')?.getLinkedObject('none')?.email",
    "user.getLinkedObject('manager').getGroups({'group.profile.name': <text>}).![id]",
    "user.getLinkedObject('none').email",
    "user.getAppUser('0oa1').profile.k",
    "user.getAppUser('0oa9').profile[<text>]",
    "(user.getAppUser(<text>) == null)",
    "(user.getAppUser('0oa9') == null || user.getAppUser('0oa1') != <any>)",
    "user.getLinkedObject('manager').getAppUser('0oa1').profile",
    "(user.getInternalProperty('id') + user.getInternalProperty('status'))",
    "user.getInternalProperty('status')",
    "user.getInternalProperty('id')",
    "getManagerUser('active_directory').email",
    "(user.getInternalProperty('id') == <text>)",
    "user.getInternalProperty('id').length()",
    "(getManagerUser('active_directory')?.email ?: getAssistantUser('none')?.email)",
    "(getManagerAppUser('none', '0oa1') ?? getAssistantAppUser('none', '0oa1'))?.x",
    "{hasDirectoryUser(), hasWorkdayUser(), findDirectoryUser(), findWorkdayUser()}",
    "user.getLinkedObject('manager').getManagerUser('active_directory')?.email",
    "(user.getManagerUser('active_directory')?.id ?: user.getAssistantUser('none')?.id)",
    "user.getAssistantUser('active_directory').title",
    "isMemberOfGroupNameRegex(<text> + '.*')",
    "getManagerUser('none')?.email",
    "getAssistantUser('active_directory').getLinkedObject('id').email",
    "getManagerAppUser('active_directory', '0oa1')?.x",
    "getAssistantAppUser('active_directory', '0oa1').x",
    "(hasDirectoryUser() ? findDirectoryUser().k : <text>)",
    "(hasWorkdayUser() || findWorkdayUser() == <text>)",
    "Groups.startsWith('OKTA', <text>, <integer>)",
    "Groups.endsWith('active_directory', <text>, <number>)",
    "Groups.contains(<text>, 'a', <any>)",
    "Groups.contains('s1', 'e', 101)",
    "Groups.contains('OKTA', '', user.numbers[0])",
    "(Groups.startsWith('OKTA', 'role_', 1000) ?: {<text>}).size()",
    "getFilteredGroups(<texts>, 'group.name', <integer>)",
    "getFilteredGroups({'g1', <text>}, 'group.id + group.name', 2)",
    "getFilteredGroups(user.custom.list, 'group', 1)",
    "getFilteredGroups(<any>, 'group.name', 7)",
    "getFilteredGroups({'g1', 'g7'}, 'group.profile.level + 1', user.numbers[0])",
    "user.isMemberOf({'group.profile.name': <any>})",
    "user.isMemberOf({'group.profile.name': {<text>, 'ro*'}, operator: 'EXACT'})",
    "user.isMemberOf({'group.type': 'OKTA_GROUP'}, {'group.id': <texts>})",
    "user?.isMemberOf({'group.source.id': <text>})",
    "isMemberOfAnyGroup(<texts>, <text>)",
    "(isMemberOfGroupName('role_admin') ? <text> : null)",
    "(<boolean> ? <texts> : null)?.size()",
    "(<boolean> ? user.groups : null)?.filter(g => g != <text>)",
    "(<boolean> ? <text> : null)?.toUpperCase()",
    "<texts>.map(x => x == <text> ? null : x).filter(x => x != null)",
    "<texts>.map(x => x == <text> ? null : x).map(x => x.length())",
    "(<text> matches <text>)",
    "(<text> matches <text> + '[')",
    "<text>.matches('(' + <text>)",
    "user.email.matches(user.mixed[0] + '(?=a)')",
    "<text>.replaceRegex('(a)|e', '[$1$$' + <text> + ']')",
    "<text>.replaceRegex(<text>, <text>)",
    "<texts>.filter(x => x matches '[a-z]_?' + '.*')",
    "<text>.filter(<text>)",
    "<texts>.map(<text>)",
    "<texts>.filter(<text>)",
    "<texts>.any(x => <boolean> && x < <text>)",
    "(<text> + <any> + <texts>)",
    "(<any> + <any> - <integer>)",
    "(<number> <= <integer>)",
    "(<text> <= <text>)",
    "(<any> > <any>)",
    "Arrays.contains(<texts>, <any>)",
    "Arrays.contains(<text>, 'a')",
    "String.substring(<text>, <integer>, 7)",
    "substring(<texts>, 0, <integer>)",
    "(<time> == <time>)",
    "(<time> < <time>)",
    "(<time> >= <text>)",
    "(<time> == <any>)",
    "(<any> < <time>)",
    "(<text> + <time> + <country>)",
    "{<time>, <text>, <country>, <any>}.sort()",
    "{<time>, null, <time>, <time>}.sort()",
    "{<time>, <time>, <text>}.max()",
    "{<time>, <country>, <any>, <time>}.distinct()",
    "{<time>, <country>, <text>}.contains(<time>)",
    "{<time>, <country>, <any>}.join(<text>)",
    "{<time>, <country>}.indexOf(<country>)",
    "<texts>.map(x => <time>).sort().last()",
    "<texts>.sortBy(x => <time>)",
    "<time>.substring(<integer>)",
    "<time>.length",
    "<country>.length()",
    "<country>.toLowerCase()",
    "(<country> == <text>)",
    "(<country> < <country>)",
    "user.custom[<country>]",
    "{k: <time>, c: <country>}",
    "<any>.toZone('Asia/Tokyo')",
    "<any>.toUnix()",
    "<any>.toName()",
    "<any>.plusDays(<integer>)",
    "<any>.withinHours(<integer>)",
    "<any>.toAlpha3()",
    "<time>?.toString()",
    "<country>?.toName()",
    "user.created.plusDays(<number>)",
    "user?.lastLogin?.withinDays(<integer>)",
    "Time.now(<text>)",
    "Time.fromUnixToIso8601(<integer> + '00')",
    "Time.fromUnixToIso8601(<time>.toUnix())",
    "Time.fromWindowsToIso8601(<integer> + '0000000000')",
    "Time.fromWindowsToIso8601(<time>.toWindows())",
    "Time.fromIso8601ToUnix(<time>)",
    "Time.fromIso8601ToWindows(<time>)",
    "Time.fromIso8601ToUnix(<text>)",
    "(<integer> + '').parseUnixTime()",
    "(<integer> + '').parseWindowsTime()",
    "(user.title ?: '2015-02-29').parseStringTime()",
    "<time>.toString('yyyy-MM-dd HH:mm:ss.SSSSSS ZZ').parseStringTime('yyyy-MM-dd HH:mm:ss.SSSSSS ZZ')",
    "Time.fromStringToIso8601(<time>.toString('EEEE, d MMM yyyy'), 'EEE, d MMMM yyyy')",
    "<time>.toString(<text>)",
    "<any>.toString('D')",
    "<text>.parseStringTime(<text>)",
    "Time.now(<text>, 'zzzz')",
    "Time.fromIso8601ToString(<time>, user.title)",
    "Iso3166Convert.toName(<country>)",
    "Iso3166Convert.toNumeric(<text>)",
    "<text>.parseCountryCode().toAlpha2()",
    "Claims(<text>)",
    "extra.x",
];

/// Groups asked for in ways that are often refused.
const REFUSED: &[&str] = &[
    "Groups.contains('OKTA', <text>, 101)",
    "Groups.startsWith('OKTA', <text>, 500)",
    "Groups.startsWith('OKTA', <text>, <number>)",
    "Groups.contains('OKTA', <text>, 0.5 + <integer>)",
    "getFilteredGroups({<text>}, 'group.name', 1000)",
    "Groups.contains('active_directory', '', 1)",
    "Groups.endsWith('OKTA', '', 1)",
    "getFilteredGroups({'g1', 'g2', 'g7'}, 'group.name', 1)",
    "getFilteredGroups(user.custom.k, 'group.name', <integer>)",
    "getFilteredGroups(<any>, 'group.name', 7)",
];

/// One of [`REFUSED`].
pub(crate) fn refused(maker: &mut Maker<'_>) -> String {
    let form = REFUSED[maker.dice.roll(REFUSED.len())];
    filled(maker, form)
}

/// A program beyond a limit, and which.
pub(crate) fn beyond(maker: &mut Maker<'_>) -> (&'static str, String) {
    let limits = limits();
    let limit = limits[maker.dice.roll(limits.len())];
    let forms: Vec<&str> =
        BEYOND.iter().filter(|(of, _)| *of == limit).map(|(_, form)| *form).collect();
    let form = forms[maker.dice.roll(forms.len())];
    (limit, filled(maker, form))
}

/// Calls that take any number of arguments: how each begins, what stands between, how it ends.
const WIDE: [(&str, &str, &str); 8] = [
    ("{", ", ", "}"),
    ("{", ", ", "}.distinct()"),
    ("{", ", ", "}.map(x => x)"),
    ("(", " + ", ")"),
    ("Arrays.flatten(", ", ", ")"),
    ("String.join('-', ", ", ", ")"),
    ("'a'.concat(", ", ", ")"),
    ("{user.title}.concat(", ", ", ")"),
];

/// More arguments of one call than code keeps in registers.
fn wide(maker: &mut Maker<'_>) -> String {
    const KINDS: [Wanted; 4] = [Wanted::Text, Wanted::Text, Wanted::Integer, Wanted::Any];
    let (before, between, after) = WIDE[maker.dice.roll(WIDE.len())];
    let n = 15 + maker.dice.roll(10);
    let arguments: Vec<String> = (0..n)
        .map(|_| {
            let kind = KINDS[maker.dice.roll(KINDS.len())];
            let depth = usize::from(maker.dice.roll(8) == 0);
            maker.make(kind, depth)
        })
        .collect();
    format!("{before}{}{after}", arguments.join(between))
}

/// One of [`FORMS`], or of [`WIDE`].
pub(crate) fn form(maker: &mut Maker<'_>) -> String {
    if maker.dice.roll(12) == 0 {
        return wide(maker);
    }
    let form = FORMS[maker.dice.roll(FORMS.len())];
    filled(maker, form)
}

/// The form with small expressions for its placeholders.
fn filled(maker: &mut Maker<'_>, form: &str) -> String {
    let mut text = String::new();
    let mut rest = form;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let placeholder =
            after.split_once('>').and_then(|(name, after)| Some((Wanted::named(name)?, after)));
        match placeholder {
            Some((wanted, after)) => {
                text.push_str(&maker.make(wanted, 1));
                rest = after;
            }
            None => {
                text.push('<');
                rest = after;
            }
        }
    }
    text + rest
}

/// A call of a row of the function table, with arguments as its parameters want them.
pub(crate) fn call(maker: &mut Maker<'_>, depth: usize) -> String {
    let rows: Vec<&Function> =
        functions::rows().map(|(_, row)| row).filter(|row| row.style != Style::Internal).collect();
    let row = rows[maker.dice.roll(rows.len())];
    let name = row.names[maker.dice.roll(row.names.len())];
    let most = row.parameters.len() + 1;
    let counts: Vec<usize> = (0..=most).filter(|n| row.takes(*n)).collect();
    let n = counts[maker.dice.roll(counts.len())];
    let mut arguments: Vec<String> = (0..n)
        .filter_map(|index| row.parameter(index))
        .map(|parameter| argument(maker, parameter.accepts, depth))
        .collect();
    if row.style == Style::Function {
        return format!("{name}({})", arguments.join(", "));
    }
    let receiver = arguments.remove(0);
    let dot = if maker.dice.roll(3) == 0 { "?." } else { "." };
    if row.style == Style::Property && maker.dice.roll(2) == 0 {
        return format!("({receiver}){dot}{name}");
    }
    format!("({receiver}){dot}{name}({})", arguments.join(", "))
}

fn argument(maker: &mut Maker<'_>, accepts: Accepts, depth: usize) -> String {
    let wanted = match accepts {
        Accepts::Any => Wanted::Any,
        Accepts::Boolean => Wanted::Boolean,
        Accepts::Integer => Wanted::Integer,
        Accepts::Numeric => Wanted::Number,
        Accepts::Text | Accepts::Pattern => Wanted::Text,
        Accepts::TextOrList | Accepts::ListOrText => {
            [Wanted::Text, Wanted::Texts][maker.dice.roll(2)]
        }
        Accepts::List | Accepts::Ordered => Wanted::Texts,
        Accepts::Numbers => Wanted::Numbers,
        Accepts::Map => Wanted::Map,
        Accepts::DateTime => Wanted::Time,
        Accepts::Country => Wanted::Country,
        Accepts::TimePattern => {
            const PATTERNS: [&str; 6] = [
                "'yyyy-MM-dd'",
                "'d. MMMM yyyy, HH:mm:ss zzz'",
                "\"'week' xxxx-ww-e SSS ZZ\"",
                "'yy' + 'yy'",
                "user.title",
                "'nonsense'",
            ];
            return PATTERNS[maker.dice.roll(PATTERNS.len())].to_owned();
        }
        Accepts::Zone => {
            const ZONES: [&str; 5] =
                ["'EST'", "'Europe/Paris'", "user.title", "'Etc/GMT' + '+5'", "'Nowhere/City'"];
            return ZONES[maker.dice.roll(ZONES.len())].to_owned();
        }
        Accepts::Group => Wanted::Groups,
        Accepts::Expression => {
            return ["'group.name'", "'group.id'", "'group.profile.level + 1'"][maker.dice.roll(3)]
                .to_owned();
        }
        Accepts::Constant => {
            const NAMES: [&str; 5] = ["manager", "active_directory", "id", "status", "0oa1"];
            return format!("'{}'", NAMES[maker.dice.roll(NAMES.len())]);
        }
        Accepts::User => return "user".to_owned(),
        Accepts::Criteria => {
            let name = maker.make(Wanted::Text, 0);
            return format!("{{'group.profile.name': {{'role_', {name}}}}}");
        }
        Accepts::Condition => return maker.lambda(Wanted::Text, Wanted::Boolean, depth),
        Accepts::Reduction => return maker.reduction(Wanted::Text, Wanted::Text, depth),
        Accepts::Mapping => {
            let result = [Wanted::Text, Wanted::Integer, Wanted::Any][maker.dice.roll(3)];
            return maker.lambda(Wanted::Text, result, depth);
        }
    };
    maker.make(wanted, depth)
}

/// The limits that [`beyond`] goes beyond.
pub(crate) fn limits() -> Vec<&'static str> {
    let mut limits: Vec<&str> = BEYOND.iter().map(|(limit, _)| *limit).collect();
    limits.dedup();
    limits
}
