"""Who: accounts, roles and what each may do."""
