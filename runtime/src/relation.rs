//! Rows of records beyond the user of the request: linked users, managers, assistants, users as
//! applications and directories know them (OEL §3.5). `check` makes nodes of records for them, so
//! none has a body.

use crate::functions::Meaning::Relation;
use crate::functions::{Accepts, Function, Parameter, Relation as Of, Returns};

const USER: Parameter = Parameter::new("user", Accepts::User);
const PRIMARY: Parameter = Parameter::new("primaryName", Accepts::Constant);
const APP: Parameter = Parameter::new("appId", Accepts::Constant);
const PROPERTY: Parameter = Parameter::new("property", Accepts::Constant);
const SOURCE: Parameter = Parameter::new("source", Accepts::Constant);
const ATTRIBUTES: Parameter = Parameter::new("attributeSource", Accepts::Constant);

/// The rows of this family.
pub(crate) static ROWS: &[Function] = &[
    Function::method(
        &["getLinkedObject"],
        &[USER, PRIMARY],
        Returns::Any,
        Relation(Of::LinkedObject),
    )
    .says(
        "the user that is linked by this primary relation, or null",
        "user.getLinkedObject('manager')?.lastName",
        "null",
    ),
    Function::method(&["getAppUser"], &[USER, APP], Returns::Any, Relation(Of::AppUser)).says(
        "the user as the application with this id knows them: only `profile`, empty if not assigned",
        "user.getAppUser('0oa1').profile.department",
        "null",
    ),
    Function::method(
        &["getInternalProperty"],
        &[USER, PROPERTY],
        Returns::Any,
        Relation(Of::InternalProperty),
    )
    .says(
        "the `id` or the `status` of the user",
        "user.getInternalProperty('status') == 'ACTIVE'",
        "false",
    ),
    Function::classic(&["getManagerUser"], &[SOURCE], Returns::Any, Relation(Of::Manager)).says(
        "the user's manager, as this source says, or null",
        "getManagerUser('active_directory')?.lastName",
        "null",
    ),
    Function::classic(&["getAssistantUser"], &[SOURCE], Returns::Any, Relation(Of::Assistant))
        .says(
            "the user's assistant, as this source says, or null",
            "getAssistantUser('active_directory')?.lastName",
            "null",
        ),
    Function::method(&["getManagerUser"], &[USER, SOURCE], Returns::Any, Relation(Of::Manager))
        .says(
            "the manager of this user, as this source says, or null",
            "user.getManagerUser('active_directory')?.lastName",
            "null",
        ),
    Function::method(&["getAssistantUser"], &[USER, SOURCE], Returns::Any, Relation(Of::Assistant))
        .says(
            "the assistant of this user, as this source says, or null",
            "user.getLinkedObject('manager')?.getAssistantUser('active_directory')?.lastName",
            "null",
        ),
    Function::classic(
        &["getManagerAppUser"],
        &[SOURCE, ATTRIBUTES],
        Returns::Any,
        Relation(Of::ManagerAppUser),
    )
    .says(
        "the profile of the user's manager in an application, or null",
        "getManagerAppUser('active_directory', 'google')?.lastName",
        "null",
    ),
    Function::classic(
        &["getAssistantAppUser"],
        &[SOURCE, ATTRIBUTES],
        Returns::Any,
        Relation(Of::AssistantAppUser),
    )
    .says(
        "the profile of the user's assistant in an application, or null",
        "getAssistantAppUser('active_directory', 'google')?.lastName",
        "null",
    ),
    Function::classic(&["hasDirectoryUser"], &[], Returns::Boolean, Relation(Of::HasDirectoryUser))
        .says(
            "whether Active Directory knows the user exactly once",
            "hasDirectoryUser()",
            "false",
        ),
    Function::classic(&["findDirectoryUser"], &[], Returns::Any, Relation(Of::FindDirectoryUser))
        .says(
            "the user as Active Directory knows them, or null for none or several",
            "hasDirectoryUser() ? findDirectoryUser().managerUpn : null",
            "null",
        ),
    Function::classic(&["hasWorkdayUser"], &[], Returns::Boolean, Relation(Of::HasWorkdayUser))
        .says("whether Workday knows the user exactly once", "hasWorkdayUser()", "false"),
    Function::classic(&["findWorkdayUser"], &[], Returns::Any, Relation(Of::FindWorkdayUser)).says(
        "the user as Workday knows them, or null for none or several",
        "hasWorkdayUser() ? findWorkdayUser().employeeID : null",
        "null",
    ),
];
