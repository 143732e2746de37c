-- The demo's shop for PostgreSQL: the same customers, orders and consents as scripts/shop/shop.sql makes for SQLite.
BEGIN;
-- The shop's clock stands still, so that two runs differ by what was changed and by nothing else.
CREATE TABLE shop_day (today date NOT NULL);
INSERT INTO shop_day VALUES ('2026-11-20');

CREATE TABLE customers (
    customer_id bigint PRIMARY KEY,
    personalize_uid text NOT NULL,
    first_name text NOT NULL,
    last_name text NOT NULL,
    email text NOT NULL,
    country text NOT NULL,
    loyalty_points bigint,
    tier_override text,
    newsletter boolean,
    last_seen_at timestamptz
);
CREATE TABLE orders (
    order_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL,
    ordered_on date NOT NULL,
    amount_cents bigint NOT NULL,
    category text NOT NULL,
    status text NOT NULL
);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE TABLE consents (
    customer_id bigint NOT NULL,
    channel text NOT NULL,
    granted boolean NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX consents_customer ON consents (customer_id);

INSERT INTO customers
SELECT
    n,
    'user-' || lpad(n::text, 6, '0'),
    (ARRAY['Ada', 'Jürgen', 'Zoë', 'Mia', 'Noah', 'Léa', 'Tariq', 'Aiko', 'Olga', 'Sam', 'Iris', 'Paul'])[1 + n * 7 % 12],
    (ARRAY['Abel', 'Bakker', 'Çelik', 'Dvořák', 'Evans', 'Fischer', 'García', 'Hansen', 'Ito', 'O''Neill', 'Jones'])[1 + n * 5 % 11],
    'customer' || n || '@example.com',
    substr('DEFRNLGBUS', 1 + 2 * (n * 3 % 5), 2),
    CASE WHEN n % 29 = 0 THEN NULL ELSE n * 131 % 5000 END,
    NULL,
    CASE WHEN n % 23 = 0 THEN NULL ELSE n * 11 % 3 = 0 END,
    timestamptz '2026-11-20 18:00:00Z' - make_interval(secs => n * 7877 % 9000000)
FROM generate_series(1, 4000) AS numbers (n);

INSERT INTO orders (customer_id, ordered_on, amount_cents, category, status)
SELECT
    customer_id,
    date '2026-11-19' - ((customer_id * 31 + k * k * 53 + k * 97) % 720)::integer,
    500 + (customer_id * 7919 + k * 104729) % 24500,
    (ARRAY['shoes', 'garden', 'books', 'toys', 'music'])[1 + (customer_id * 3 + k * k) % 5],
    CASE WHEN (customer_id + k) % 19 = 0 THEN 'cancelled' ELSE 'paid' END
FROM customers
INNER JOIN generate_series(1, 11) AS places (k) ON k <= (customer_id * 17 + customer_id / 7) % 12
ORDER BY customer_id, k;

INSERT INTO consents
SELECT customer_id, 'marketing', customer_id % 4 <> 0, '2025-03-01T09:00:00Z' FROM customers;
INSERT INTO consents
SELECT customer_id, 'marketing', customer_id % 8 = 0, '2026-02-01T09:00:00Z' FROM customers WHERE customer_id % 5 = 0;

-- The rows that do not fit, as far as PostgreSQL's types let them in: text among integers and times stays out.
UPDATE customers SET personalize_uid = 'user 000101' WHERE customer_id = 101;
UPDATE customers SET loyalty_points = 9007199254740993 WHERE customer_id = 303;
UPDATE customers SET tier_override = 'platinum' WHERE customer_id = 404;
UPDATE customers SET personalize_uid = 'user-000506' WHERE customer_id = 507;
UPDATE customers SET last_seen_at = 'infinity' WHERE customer_id = 701;

-- Headrace refuses to read as a superuser; this role can read and nothing else.
CREATE ROLE shop_reader LOGIN;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO shop_reader;
COMMIT;
