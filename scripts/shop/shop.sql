-- The demo's shop for SQLite: 4,000 customers, always the same ones. Nothing here is random.
PRAGMA journal_mode = DELETE;
BEGIN;
-- The shop's clock stands still, so that two runs differ by what was changed and by nothing else.
CREATE TABLE shop_day (today TEXT NOT NULL);
INSERT INTO shop_day VALUES ('2026-11-20');

CREATE TABLE customers (
    customer_id INTEGER PRIMARY KEY,
    personalize_uid TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    email TEXT NOT NULL,
    country TEXT NOT NULL,
    loyalty_points INTEGER,
    tier_override TEXT,
    newsletter INTEGER,
    last_seen_at TEXT
);
CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL,
    ordered_on TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    category TEXT NOT NULL,
    status TEXT NOT NULL
);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE TABLE consents (
    customer_id INTEGER NOT NULL,
    channel TEXT NOT NULL,
    granted INTEGER NOT NULL,
    changed_at TEXT NOT NULL
);
CREATE INDEX consents_customer ON consents (customer_id);

WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 4000),

named AS (
    SELECT
        n,
        json_extract('["Ada","Jürgen","Zoë","Mia","Noah","Léa","Tariq","Aiko","Olga","Sam","Iris","Paul"]',
            '$[' || (n * 7 % 12) || ']') AS first_name,
        json_extract('["Abel","Bakker","Çelik","Dvořák","Evans","Fischer","García","Hansen","Ito","O''Neill","Jones"]',
            '$[' || (n * 5 % 11) || ']') AS last_name
    FROM numbers
)

INSERT INTO customers
SELECT
    n,
    printf('user-%06d', n),
    first_name,
    last_name,
    printf('customer%d@example.com', n),
    substr('DEFRNLGBUS', 1 + 2 * (n * 3 % 5), 2),
    CASE WHEN n % 29 = 0 THEN NULL ELSE n * 131 % 5000 END,
    NULL,
    CASE WHEN n % 23 = 0 THEN NULL ELSE n * 11 % 3 = 0 END,
    strftime('%Y-%m-%dT%H:%M:%SZ', '2026-11-20 18:00:00', printf('-%d seconds', n * 7877 % 9000000))
FROM named;

WITH RECURSIVE places (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM places WHERE k < 11)

INSERT INTO orders (customer_id, ordered_on, amount_cents, category, status)
SELECT
    customer_id,
    date('2026-11-19', printf('-%d days', (customer_id * 31 + k * k * 53 + k * 97) % 720)),
    500 + (customer_id * 7919 + k * 104729) % 24500,
    json_extract('["shoes","garden","books","toys","music"]', '$[' || ((customer_id * 3 + k * k) % 5) || ']'),
    CASE WHEN (customer_id + k) % 19 = 0 THEN 'cancelled' ELSE 'paid' END
FROM customers
INNER JOIN places ON k <= (customer_id * 17 + customer_id / 7) % 12
ORDER BY customer_id, k;

INSERT INTO consents
SELECT customer_id, 'marketing', customer_id % 4 <> 0, '2025-03-01T09:00:00Z' FROM customers;
INSERT INTO consents
SELECT customer_id, 'marketing', customer_id % 8 = 0, '2026-02-01T09:00:00Z' FROM customers WHERE customer_id % 5 = 0;

-- Rows as real shops have them. Each stays out of the syncs it does not fit; everyone else is sent.
UPDATE customers SET personalize_uid = 'user 000101' WHERE customer_id = 101;
UPDATE customers SET loyalty_points = 'about twelve' WHERE customer_id = 202;
UPDATE customers SET loyalty_points = 9007199254740993 WHERE customer_id = 303;
UPDATE customers SET tier_override = 'platinum' WHERE customer_id = 404;
UPDATE customers SET personalize_uid = 'user-000506' WHERE customer_id = 507;
UPDATE customers SET last_seen_at = 'yesterday' WHERE customer_id = 701;
COMMIT;
