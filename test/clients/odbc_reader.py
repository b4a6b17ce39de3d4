# SPDX-License-Identifier: PostgreSQL
"""What Excel and Tableau do through ODBC: SQLTables, SQLColumns, then read.

    odbc_reader.py CONNECTION SCHEMA...
"""
import sys

import pyodbc


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
        return value.isoformat() + "Z"
    return str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


db = pyodbc.connect(sys.argv[1], autocommit=True)
for schema in sys.argv[2:]:
    cursor = db.cursor()
    views = [(t.table_name, t.remarks) for t in cursor.tables(schema=schema, tableType="VIEW")]
    for view, remarks in views:
        name = f"{schema}.{view}"
        # the driver has no words for the remarks of tables and columns
        print("view", name, "-", sep="\t")
        for column in cursor.columns(schema=schema, table=view):
            known = column.data_type in (
                pyodbc.SQL_VARCHAR, pyodbc.SQL_WVARCHAR, pyodbc.SQL_LONGVARCHAR, pyodbc.SQL_WLONGVARCHAR, pyodbc.SQL_BIT,
                pyodbc.SQL_INTEGER, pyodbc.SQL_BIGINT, pyodbc.SQL_NUMERIC, pyodbc.SQL_DOUBLE, pyodbc.SQL_FLOAT,
                pyodbc.SQL_TYPE_DATE, pyodbc.SQL_TYPE_TIMESTAMP)
            print("column", name, column.column_name, column.type_name if known else "unknown", "-", sep="\t")
        for row in cursor.execute(f'SELECT * FROM "{schema}"."{view}" ORDER BY 1, 2 LIMIT 200'):
            print("row", name, *map(text, row), sep="\t")
