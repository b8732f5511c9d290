//! The directory as expressions see it: the schema of the roots an issuer fills, and every user,
//! group and application of it packed once, to be shared by all requests.

use super::columns::{UserColumn, UserColumns};
use super::person::NAMED_BY_NOTHING;
use super::{AppUser, Application, Attribute, Directory, Group, Person, Profile, User};
use crate::document::Json;
use crate::program::{ProgramSet, Roots, datum};
use crate::schema::{self, Path, Root, Schema};
#[cfg(test)]
use claimsmith_runtime::record::Record;
use claimsmith_runtime::record::{BuildError, Datum, PackedRecord, RecordBuilder};
use claimsmith_runtime::symbol::GroupTable;
use claimsmith_runtime::types::{Field, RecordType, Shape, Type};
use claimsmith_runtime::value::Text;
use std::sync::Arc;

/// The records of one directory.
#[derive(Debug)]
pub struct Records {
    schema: Arc<Schema>,
    types: RootTypes,
    user_columns: Arc<UserColumns>,
    groups: GroupTable,
    /// In the order of the directory.
    people: Vec<Arc<Person>>,
    applications: Vec<PackedRecord>,
    /// By application: the users with an assignment of their own, by index, and how they are known.
    app_users: Vec<Vec<(usize, PackedRecord)>>,
    organization: PackedRecord,
}

/// The types of the roots, in the order of the schema.
#[derive(Clone, Debug, PartialEq)]
struct RootTypes {
    user: Arc<RecordType>,
    app_user: Arc<RecordType>,
    application: Arc<RecordType>,
    organization: Arc<RecordType>,
    access: Arc<RecordType>,
    session: Arc<RecordType>,
}

/// The ordinals of the roots that belong to one request, in [`RootTypes::roots`].
const APP_USER: usize = 1;
const ACCESS: usize = 4;
const SESSION: usize = 5;

/// The root `access`: what is, or would be, granted.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    pub scopes: &'a [&'a str],
    pub audience: &'a str,
    /// The grant that the request began with.
    pub grant_type: &'a str,
}

/// The root `session`: how the person signed in.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// `None` where tokens are made without a session, as at the command line.
    pub id: Option<&'a str>,
    /// RFC 8176.
    pub methods: &'a [&'a str],
}

/// How the application knows a person of whom it has no record of their own.
#[derive(Debug)]
enum KnownAs {
    /// Not at all, or nobody asks.
    Nobody,
    /// By their login and no more, as all applications do.
    Login,
    /// By their login, and what is said of a group of theirs.
    Member(PackedRecord),
}

/// The records that belong to one request.
#[derive(Debug)]
pub struct RequestRecords {
    known: KnownAs,
    access: Option<PackedRecord>,
    session: Option<PackedRecord>,
}

impl RequestRecords {
    /// Whether they say that these scopes are granted, or do not say at all.
    #[must_use]
    pub fn are_of(&self, scopes: &[&str]) -> bool {
        let Some(access) = &self.access else { return true };
        let packed = access.record().slots().first().and_then(|scopes| scopes.as_list());
        let texts = packed.unwrap_or_default().iter().filter_map(|scope| scope.as_text());
        texts.map(Text::as_str).eq(scopes.iter().copied())
    }
}

/// What of a directory does not fit a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {whose}: {source}")]
pub struct PackError {
    pub whose: String,
    pub source: BuildError,
}

impl Records {
    /// Packs everything of a directory. Where the attributes are those of `former`, its schema is
    /// the schema of this one too, so that what was compiled for it still serves.
    ///
    /// # Errors
    /// A profile that does not conform to `attributes`, or is too large or too deep for a record,
    /// and whose it is.
    pub fn pack(
        name: &str,
        sub_domain: &str,
        attributes: &[Attribute],
        directory: &Directory,
        former: Option<&Self>,
    ) -> Result<Self, PackError> {
        let group_type = group_type(directory.groups());
        let types = RootTypes::of(attributes, directory.applications());
        let same = former
            .filter(|former| former.types == types && *former.groups.record_type() == group_type);
        let (types, user_columns, group_type, schema) = match same {
            Some(former) => {
                let group_type = Arc::clone(former.groups.record_type());
                let user_columns = Arc::clone(&former.user_columns);
                (former.types.clone(), user_columns, group_type, Arc::clone(&former.schema))
            }
            None => {
                let schema = Schema::new(types.roots(), Arc::clone(&group_type), true);
                let user_columns = Arc::new(UserColumns::new(&types.user));
                (types, user_columns, group_type, Arc::new(schema))
            }
        };
        let groups = pack_groups(&group_type, directory.groups())?;
        let people = directory
            .users()
            .iter()
            .enumerate()
            .map(|(index, user)| {
                let record = pack_user(&types.user, &user_columns, user, &groups)?;
                Ok(Arc::new(Person::new(index, user.clone(), record)))
            })
            .collect::<Result<_, _>>()?;
        let applications = directory
            .applications()
            .iter()
            .map(|application| {
                let whose = || format!("application `{}`", application.label);
                pack_application(&types.application, application)
                    .map_err(|source| PackError { whose: whose(), source })
            })
            .collect::<Result<_, _>>()?;
        let app_users = directory
            .applications()
            .iter()
            .map(|application| pack_app_users(&types.app_user, application, directory))
            .collect::<Result<_, _>>()?;
        let names = [Datum::Text(name), Datum::Text(sub_domain)];
        let organization = RecordBuilder::pack(&types.organization, &names)
            .map_err(|source| PackError { whose: "organization".to_owned(), source })?;
        Ok(Self {
            schema,
            types,
            user_columns,
            groups,
            people,
            applications,
            app_users,
            organization,
        })
    }

    /// What expressions of this directory may name.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The groups, each under its index in the directory.
    #[must_use]
    pub fn groups(&self) -> &GroupTable {
        &self.groups
    }

    /// Every user's record, in the order of the directory.
    #[cfg(test)]
    pub(crate) fn users(&self) -> impl Iterator<Item = Record<'_>> {
        self.people.iter().map(|person| person.record.record())
    }

    /// The user with this index in the directory.
    #[must_use]
    pub fn person(&self, index: usize) -> Option<&Arc<Person>> {
        self.people.get(index)
    }

    /// A user who is not of the directory, but in its groups.
    ///
    /// # Errors
    /// A profile that does not conform to the schema, or is too large or too deep for a record.
    pub fn pack_person(&self, user: User) -> Result<Person, PackError> {
        self.pack_person_as(user, None)
    }

    /// As [`Records::pack_person`], of somebody whom the directory has under this index, as they were
    /// once.
    ///
    /// # Errors
    /// As [`Records::pack_person`].
    pub fn pack_person_as(&self, user: User, index: Option<usize>) -> Result<Person, PackError> {
        let record = pack_user(&self.types.user, &self.user_columns, &user, &self.groups)?;
        Ok(Person::new(index.unwrap_or(NAMED_BY_NOTHING), user, record))
    }

    /// How the application knows a user with an assignment of their own.
    fn own_app_user(&self, user: usize, application: usize) -> Option<&PackedRecord> {
        let assigned = self.app_users.get(application)?;
        let at = assigned.binary_search_by_key(&user, |(user, _)| *user).ok()?;
        assigned.get(at).map(|(_, record)| record)
    }

    /// Packs what is known of one request only, and of that what these programs read. `known` is the
    /// person, if the application of this index knows them, and how: by an assignment of their own,
    /// else by their login and what is said of a group.
    ///
    /// # Errors
    /// What is too large for a record.
    pub fn pack_request(
        &self,
        application: usize,
        access: &Access<'_>,
        known: Option<(&Person, AppUser<'_>)>,
        session: Option<Session<'_>>,
        programs: &ProgramSet,
    ) -> Result<RequestRecords, PackError> {
        let of_request = |source| PackError { whose: "request".to_owned(), source };
        let pack = RecordBuilder::pack_for_now;
        let without_own = known.filter(|(person, _)| {
            programs.reads(APP_USER) && self.own_app_user(person.index(), application).is_none()
        });
        let app_user_type = &self.types.app_user;
        let known = match without_own {
            None => KnownAs::Nobody,
            Some((person, AppUser { profile: [], .. })) => {
                let known_as = |user: &User| {
                    let app_user = AppUser { user_name: &user.login, profile: &[] };
                    pack_app_user(app_user_type, app_user)
                };
                person.know_by_login(known_as).map_err(of_request)?;
                KnownAs::Login
            }
            Some((_, app_user)) => {
                KnownAs::Member(pack_app_user(app_user_type, app_user).map_err(of_request)?)
            }
        };
        let access = programs.reads(ACCESS).then(|| {
            let data = [
                Datum::Texts(access.scopes),
                Datum::Text(access.audience),
                Datum::Text(access.grant_type),
            ];
            pack(&self.types.access, &data)
        });
        let session = session.filter(|_| programs.reads(SESSION)).map(|session| {
            let data = [session.id.map_or(Datum::Null, Datum::Text), Datum::Texts(session.methods)];
            pack(&self.types.session, &data)
        });
        Ok(RequestRecords {
            known,
            access: access.transpose().map_err(of_request)?,
            session: session.transpose().map_err(of_request)?,
        })
    }

    /// The roots of a request of this user and the application with this index. `resolved` is of
    /// [`crate::program::ProgramSet::resolve`] over [`Records::groups`]; `now` is in microseconds
    /// since 1970.
    #[must_use]
    pub fn roots<'r>(
        &'r self,
        user: Option<&'r Person>,
        application: usize,
        request: &'r RequestRecords,
        resolved: &'r [u32],
        now: i64,
    ) -> Roots<'r> {
        self.roots_reaching(user, application, request, (resolved, &[]), now)
    }

    /// As [`Records::roots`], with whom these paths lead to, which are of
    /// [`crate::program::Needs::paths`].
    #[must_use]
    pub fn roots_reaching<'r>(
        &'r self,
        user: Option<&'r Person>,
        application: usize,
        request: &'r RequestRecords,
        (resolved, paths): (&'r [u32], &'r [Path]),
        now: i64,
    ) -> Roots<'r> {
        let records = [
            user.map(|user| &user.record),
            user.and_then(|user| {
                let by_login = || match &request.known {
                    KnownAs::Nobody => None,
                    KnownAs::Login => user.by_login(),
                    KnownAs::Member(record) => Some(record),
                };
                self.own_app_user(user.index(), application).or_else(by_login)
            }),
            self.applications.get(application),
            Some(&self.organization),
            request.access.as_ref(),
            request.session.as_ref(),
        ];
        let reached = paths.iter().map(|path| {
            let reached = user.and_then(|user| user.find_reached(path));
            reached.map(|person| &person.record)
        });
        Roots::new(&self.groups, resolved, now, records.into_iter().chain(reached))
    }
}

impl RootTypes {
    fn of(attributes: &[Attribute], applications: &[Application]) -> Self {
        let application = [
            ("id", Shape::of(Type::Text)),
            ("clientId", Shape::of(Type::Text)),
            ("profile", Shape::of(Type::Map)),
        ];
        Self {
            user: user_type(attributes),
            app_user: app_user_type(applications),
            application: record_type("app", application),
            organization: listed_type("org"),
            access: listed_type("access"),
            session: listed_type("session"),
        }
    }

    /// The roots and whether each may be null, in the order of [`Records::roots`].
    fn roots(&self) -> Vec<Root> {
        let rows = [
            ("user", &self.user, true),
            ("appuser", &self.app_user, true),
            ("app", &self.application, false),
            ("org", &self.organization, false),
            ("access", &self.access, false),
            ("session", &self.session, true),
        ];
        let root = |(name, record_type, nullable): (&str, &Arc<RecordType>, bool)| Root {
            name: name.to_owned(),
            shape: Shape { ty: Type::Record(Arc::clone(record_type)), nullable },
        };
        rows.into_iter().map(root).collect()
    }
}

/// The type of a root whose attributes OEL lists.
fn listed_type(root: &str) -> Arc<RecordType> {
    schema::root_type(root).unwrap_or_else(|| record_type(root, []))
}

fn record_type<const N: usize>(name: &str, fields: [(&str, Shape); N]) -> Arc<RecordType> {
    let fields = fields.into_iter().map(|(name, shape)| Field { name: name.to_owned(), shape });
    Arc::new(RecordType { name: name.to_owned(), fields: fields.collect(), open: false })
}

fn user_type(attributes: &[Attribute]) -> Arc<RecordType> {
    let field = |attribute: &Attribute| {
        let shape = schema::shape_of(&attribute.type_name, attribute.required)?;
        Some(Field { name: attribute.name.clone(), shape })
    };
    schema::user_type(attributes.iter().filter_map(field).collect())
}

/// `userName`, and every attribute that an assignment of the organization has, of a user or a group. One that always has
/// the same kind has that type; of another nothing is promised.
fn app_user_type(applications: &[Application]) -> Arc<RecordType> {
    let mut fields = vec![Field { name: "userName".to_owned(), shape: Shape::of(Type::Text) }];
    let of_users = applications.iter().flat_map(|application| &application.assigned_users);
    let of_groups = applications.iter().flat_map(|application| &application.group_profiles);
    let profiles = of_users.map(|assignment| &assignment.profile);
    let profiles = profiles.chain(of_groups.map(|(_, profile)| profile));
    for (name, value) in profiles.flatten() {
        let shape = scalar_shape(value);
        match fields.iter_mut().find(|field| field.name == *name) {
            Some(known) if known.shape == shape => {}
            Some(known) if known.name != "userName" => known.shape = Shape::of(Type::Any),
            Some(_) => {}
            None => fields.push(Field { name: name.clone(), shape }),
        }
    }
    Arc::new(RecordType { name: "appuser".to_owned(), fields, open: false })
}

fn scalar_shape(value: &Json) -> Shape {
    match value {
        Json::Boolean(_) => Shape::or_null(Type::Boolean),
        Json::Integer(_) => Shape::or_null(Type::Integer),
        Json::Number(_) => Shape::or_null(Type::Number),
        Json::Text(_) => Shape::or_null(Type::Text),
        Json::Null | Json::List(_) | Json::Object(_) => Shape::of(Type::Any),
    }
}

/// Packs what is known of a user as a user of an application.
fn pack_app_user(
    record_type: &Arc<RecordType>,
    app_user: AppUser<'_>,
) -> Result<PackedRecord, BuildError> {
    let attributes = record_type.fields.iter().skip(1);
    let attributes = attributes.map(|field| datum_of(app_user.profile, &field.name));
    let user_name = std::iter::once(Datum::Text(app_user.user_name));
    let data: Vec<Datum<'_>> = user_name.chain(attributes).collect();
    RecordBuilder::pack(record_type, &data)
}

fn pack_app_users(
    app_user_type: &Arc<RecordType>,
    application: &Application,
    directory: &Directory,
) -> Result<Vec<(usize, PackedRecord)>, PackError> {
    let mut packed = Vec::with_capacity(application.assigned_users.len());
    for assignment in &application.assigned_users {
        let user = assignment.user;
        let Some(app_user) = directory.assignment(user, application) else { continue };
        let record = pack_app_user(app_user_type, app_user);
        let whose = || format!("assignment of `{}` to `{}`", app_user.user_name, application.label);
        packed.push((user, record.map_err(|source| PackError { whose: whose(), source })?));
    }
    packed.sort_by_key(|(user, _)| *user);
    Ok(packed)
}

fn pack_user(
    user_type: &Arc<RecordType>,
    columns: &UserColumns,
    user: &User,
    groups: &GroupTable,
) -> Result<PackedRecord, PackError> {
    let mut memberships = Vec::with_capacity(user.groups.len());
    let group = |index: &usize| groups.group(u32::try_from(*index).ok()?);
    memberships.extend(user.groups.iter().filter_map(group));
    let mut filled = Vec::with_capacity(user.profile.len());
    filled.extend(user.profile.iter().filter_map(|(name, value)| {
        let slot = columns.profile.find(name)?;
        Some((slot, datum(value)))
    }));
    let of_column = |column: &UserColumn| match column {
        UserColumn::Id => Datum::Text(&user.id),
        UserColumn::Status => Datum::Text(user.status.word()),
        UserColumn::Time(name) => user.time(name).map_or(Datum::Null, Datum::DateTime),
        UserColumn::Groups => Datum::Groups(&memberships),
        UserColumn::Profile => Datum::Slots(columns.profile.n_slots(), &filled),
        UserColumn::Nothing => Datum::Null,
    };
    let data: Vec<Datum<'_>> = columns.of_user.iter().map(of_column).collect();
    RecordBuilder::pack(user_type, &data)
        .map_err(|source| PackError { whose: format!("user `{}`", user.login), source })
}

/// What a directory always knows of a group has its type; nothing is promised of the rest.
fn group_type(groups: &[Group]) -> Arc<RecordType> {
    let attributes = groups.iter().flat_map(|group| &group.profile);
    let mut names: Vec<&str> = attributes.map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut group_type = RecordType::clone(&schema::group_type(&names));
    for field in &mut group_type.fields {
        field.shape = match field.name.as_str() {
            "id" | "type" => Shape::of(Type::Text),
            "description" => Shape::or_null(Type::Text),
            _ => continue,
        };
    }
    Arc::new(group_type)
}

fn pack_groups(group_type: &Arc<RecordType>, groups: &[Group]) -> Result<GroupTable, PackError> {
    let pack = |group: &Group| {
        let data: Vec<Datum<'_>> =
            group_type.fields.iter().map(|field| group_datum(group, &field.name)).collect();
        let record = RecordBuilder::pack(group_type, &data)
            .map_err(|source| PackError { whose: format!("group `{}`", group.name), source })?;
        Ok((group.name.clone(), record))
    };
    let rows = groups.iter().map(pack).collect::<Result<_, PackError>>()?;
    Ok(GroupTable::new(Arc::clone(group_type), rows))
}

fn group_datum<'d>(group: &'d Group, field: &str) -> Datum<'d> {
    let description = || group.description.as_deref().map_or(Datum::Null, Datum::Text);
    match field {
        "id" => Datum::Text(&group.id),
        "name" => Datum::Text(&group.name),
        "type" => Datum::Text(group.group_type.word()),
        "description" => description(),
        "profile" => {
            let own = [("name", Datum::Text(&group.name)), ("description", description())];
            Datum::Map(own.into_iter().chain(entries(&group.profile)).collect())
        }
        other => datum_of(&group.profile, other),
    }
}

fn pack_application(
    application_type: &Arc<RecordType>,
    application: &Application,
) -> Result<PackedRecord, BuildError> {
    let data = [
        Datum::Text(&application.id),
        Datum::Text(&application.client_id),
        Datum::Map(entries(&application.profile).collect()),
    ];
    RecordBuilder::pack(application_type, &data)
}

fn entries(profile: &Profile) -> impl Iterator<Item = (&str, Datum<'_>)> {
    profile.iter().map(|(name, value)| (name.as_str(), datum(value)))
}

fn datum_of<'d>(profile: &'d [(String, Json)], name: &str) -> Datum<'d> {
    profile.iter().find(|(known, _)| known == name).map_or(Datum::Null, |(_, value)| datum(value))
}
