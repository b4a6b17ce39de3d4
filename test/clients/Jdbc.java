/* SPDX-License-Identifier: PostgreSQL */
/*
 * What Metabase, DBeaver, Looker and Tableau do through JDBC: list the views of
 * two schemas with DatabaseMetaData, then read them with a fetch size.
 *
 *	java -cp postgresql.jar Jdbc.java URL SCHEMA...
 */
import java.sql.*;
import java.util.*;

public class Jdbc {
	static String text(Object value) throws SQLException {
		if (value == null)
			return "\\N";
		if (value instanceof Boolean)
			return (Boolean) value ? "t" : "f";
		if (value instanceof java.math.BigDecimal)
			return ((java.math.BigDecimal) value).toPlainString();
		if (value instanceof Timestamp)
			return ((Timestamp) value).toInstant().toString();
		return value.toString().replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t");
	}

	public static void main(String[] args) throws Exception {
		try (Connection db = DriverManager.getConnection(args[0], "postgres", "")) {
			DatabaseMetaData meta = db.getMetaData();
			db.setAutoCommit(false);
			for (String schema : Arrays.copyOfRange(args, 1, args.length)) {
				List<String> views = new ArrayList<>();
				try (ResultSet r = meta.getTables(null, schema, "%", new String[] {"TABLE", "VIEW"})) {
					while (r.next())
						if (r.getString("TABLE_TYPE").equals("VIEW")) {
							views.add(r.getString("TABLE_NAME"));
							System.out.println("view\t" + schema + "." + r.getString("TABLE_NAME") + "\t" + r.getString("REMARKS"));
						}
				}
				for (String view : views) {
					List<String> columns = new ArrayList<>();
					try (ResultSet r = meta.getColumns(null, schema, view, "%")) {
						while (r.next()) {
							int type = r.getInt("DATA_TYPE");
							boolean odd = type == Types.OTHER || type == Types.STRUCT || type == Types.ARRAY || type == Types.DISTINCT || type == Types.SQLXML;
							System.out.println("column\t" + schema + "." + view + "\t" + r.getString("COLUMN_NAME") + "\t"
								+ (odd ? "unknown" : r.getString("TYPE_NAME")) + "\t" + r.getString("REMARKS"));
							columns.add(r.getString("COLUMN_NAME"));
						}
					}
					try (Statement s = db.createStatement()) {
						s.setFetchSize(50);
						try (ResultSet r = s.executeQuery("SELECT * FROM \"" + schema + "\".\"" + view + "\" ORDER BY 1, 2 LIMIT 200")) {
							while (r.next()) {
								StringBuilder line = new StringBuilder("row\t" + schema + "." + view);
								for (int i = 1; i <= columns.size(); i++)
									line.append('\t').append(text(r.getObject(i)));
								System.out.println(line);
							}
						}
					}
				}
			}
		}
	}
}
