"""Who may see and do what: accounts, roles, scope, masking, audit."""
