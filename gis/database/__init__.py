"""The geodatabase: embedded server, connections and roles, record tables, migrations, statements."""
