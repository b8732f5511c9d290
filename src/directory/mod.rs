//! Who and what there is: users, groups, applications, as plain data.
