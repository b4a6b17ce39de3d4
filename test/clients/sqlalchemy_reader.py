# SPDX-License-Identifier: PostgreSQL
"""What Superset does: list the views with SQLAlchemy's inspector, then read
them.  A warning, such as a type that is not known, is an error.

    sqlalchemy_reader.py URL SCHEMA...
"""
import sys
import warnings

import sqlalchemy as sa

warnings.simplefilter("error")


def text(value):
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, float):
        return repr(value)
    if hasattr(value, "as_tuple"):
        return format(value, "f")
    if hasattr(value, "astimezone"):
        return value.isoformat()
    return str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


engine = sa.create_engine(sys.argv[1])
inspector = sa.inspect(engine)
with engine.connect() as db:
    for schema in sys.argv[2:]:
        for view in inspector.get_view_names(schema):
            name = f"{schema}.{view}"
            print("view", name, inspector.get_table_comment(view, schema)["text"], sep="\t")
            for column in inspector.get_columns(view, schema):
                kind = "unknown" if isinstance(column["type"], sa.types.NullType) else str(column["type"])
                print("column", name, column["name"], kind, column["comment"], sep="\t")
            table = sa.Table(view, sa.MetaData(), schema=schema, autoload_with=engine)
            for row in db.execute(sa.select(table).order_by(sa.text("1, 2")).limit(200)):
                print("row", name, *map(text, row), sep="\t")
