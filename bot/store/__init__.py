"""The only place with SQL: named queries, migrations, engines."""
