"""Organisations, people of the team and their roles, sign-in, contact points, audit entries.

Words: an *organisation* is an agency with its programme. A *person* is somebody with a role in the team
(supporter, coordinator, crisis_team, clinician, leader, manager, operator); a *seat* is a person acting in one
organisation.
Members who ask for support are never here: they have no account. Who read or asked what is never recorded.
"""
