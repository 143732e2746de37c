/// The working project that `headrace init` writes.
package struct InitialProject {
    /// Paths relative to the new project, in the order they are written.
    package static var files: [(path: String, contents: String)] {
        [
            ("headrace.yml", configuration), ("models/attributes.yml", attributes),
            ("models/customers.sql", statement), ("models/customers.yml", model), (".gitignore", ignored),
        ]
    }

    /// Where the sample database is made, relative to the new project.
    package static let sampleDatabasePath = "shop.db"

    /// Makes the tables of the sample database and fills them.
    package static let sampleDatabaseSQL = """
        CREATE TABLE customers (
            id INTEGER PRIMARY KEY,
            user_uid TEXT NOT NULL UNIQUE,
            first_name TEXT NOT NULL,
            last_name TEXT NOT NULL,
            newsletter INTEGER NOT NULL DEFAULT 0
        );
        CREATE TABLE orders (
            id INTEGER PRIMARY KEY,
            customer_id INTEGER NOT NULL REFERENCES customers (id),
            ordered_on TEXT NOT NULL,
            amount REAL NOT NULL
        );
        INSERT INTO customers (id, user_uid, first_name, last_name, newsletter) VALUES
            (1, 'user-0001', 'Ada', 'Byron', 1),
            (2, 'user-0002', 'Grace', 'Murray', 0),
            (3, 'user-0003', 'Edith', 'Clarke', 1),
            (4, 'user-0004', 'Mary', 'Jackson', 0),
            (5, 'user-0005', 'Radia', 'Joy', 1);
        INSERT INTO orders (id, customer_id, ordered_on, amount) VALUES
            (1, 1, '2026-09-03', 420.0),
            (2, 1, '2026-10-11', 180.5),
            (3, 2, '2026-10-14', 75.0),
            (4, 3, '2026-10-20', 260.0),
            (5, 5, '2026-11-02', 19.9),
            (6, 1, '2026-11-05', 33.0);

        """

    private static let configuration = """
        # A project of Headrace. Every key: docs/configuration.md
        version: 1
        name: my-project
        sources:
          shop: {type: sqlite, path: shop.db}
        destinations:
          personalize:
            type: contentstack_personalize
            region: na
            project_uid: "${CONTENTSTACK_PROJECT_UID:-6400000000000000000000ab}"
            auth: {method: none}
            # The simulator (`headrace simulate`). Remove both lines to send to Contentstack.
            edge_url: http://127.0.0.1:8787
            management_url: http://127.0.0.1:8787
        state: {url: "sqlite:.headrace/state.db"}

        """

    private static let attributes = """
        # The attributes that rows are checked against.
        attributes:
          loyalty_tier: {type: string, allowed: [bronze, silver, gold], description: By what was spent}
          order_count:  {type: integer}
          total_spent:  {type: number}
          last_order:   {type: date}
          newsletter:   {type: boolean}
          full_name:    {type: string, pii: true}

        """

    private static let statement = """
        SELECT
            c.id,
            c.user_uid,
            c.first_name,
            c.last_name,
            c.newsletter,
            count(o.id) AS order_count,
            coalesce(sum(o.amount), 0.0) AS total_spent,
            max(o.ordered_on) AS last_order,
            CASE
                WHEN coalesce(sum(o.amount), 0) >= 500 THEN 'gold'
                WHEN coalesce(sum(o.amount), 0) >= 100 THEN 'silver'
                ELSE 'bronze'
            END AS tier
        FROM customers AS c
        LEFT JOIN orders AS o ON o.customer_id = c.id
        GROUP BY c.id

        """

    private static let model = """
        model:
          source: shop
          primary_key: id
          description: Customers with what they ordered
          tests:
            - {unique: user_uid}
            - {not_null: [id, user_uid, tier]}
            - {row_count: {min: 1}}
        syncs:
          - name: customers
            destination: personalize
            match: {column: user_uid, field: user_uid}
            mappings:
              - {column: tier, attribute: loyalty_tier}
              - {column: order_count, attribute: order_count, on_removed: 0}
              - {column: total_spent, attribute: total_spent}
              - {column: last_order, attribute: last_order}
              - {column: newsletter, attribute: newsletter, on_removed: false}
              - {template: "{{first_name}} {{last_name}}", attribute: full_name}

        """

    private static let ignored = """
        .headrace/
        shop.db

        """
}
