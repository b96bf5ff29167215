import java.sql.DriverManager;

/** Connects with pgjdbc to the string that is given, and prints which server answers. */
class Connect {
    public static void main(String[] arguments) throws Exception {
        try (var connection = DriverManager.getConnection(arguments[0], "app", System.getenv("PGPASSWORD"));
                var rows = connection.createStatement().executeQuery("SHOW cluster_name")) {
            rows.next();
            System.out.println(rows.getString(1));
        }
    }
}
