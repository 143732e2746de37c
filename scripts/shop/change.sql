-- A day in the demo's shop, always the same one.
BEGIN;
-- 25 customers buy something dear: spend, tier, dearest order, recency and audiences move.
INSERT INTO orders (customer_id, ordered_on, amount_cents, category, status)
SELECT customer_id, '2026-11-20', 45000 + customer_id, 'music', 'paid'
FROM customers
WHERE customer_id % 40 = 0 AND customer_id <= 1000;

-- One visits without buying.
UPDATE customers SET last_seen_at = '2026-11-20T19:30:00Z' WHERE customer_id = 1300;

-- One withdraws consent: the audiences of that customer are emptied.
INSERT INTO consents VALUES (1601, 'marketing', 0, '2026-11-20T10:00:00Z');

-- One leaves the shop.
DELETE FROM consents WHERE customer_id = 1501;
DELETE FROM orders WHERE customer_id = 1501;
DELETE FROM customers WHERE customer_id = 1501;

-- One arrives.
INSERT INTO customers VALUES (
    4001, 'user-004001', 'Grace', 'Novák', 'customer4001@example.com', 'DE', 10, NULL, 1, '2026-11-20T11:00:00Z'
);
INSERT INTO orders (customer_id, ordered_on, amount_cents, category, status)
VALUES (4001, '2026-11-20', 31999, 'books', 'paid');
INSERT INTO consents VALUES (4001, 'marketing', 1, '2026-11-20T11:00:00Z');
COMMIT;
