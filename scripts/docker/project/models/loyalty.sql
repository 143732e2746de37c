-- One row a customer: tier by the spend of the last twelve months, and the dearest order.
WITH paid AS (
    SELECT
        orders.customer_id,
        orders.amount_cents,
        sum(CASE WHEN orders.ordered_on > shop_day.today - 365 THEN orders.amount_cents ELSE 0 END)
            OVER (PARTITION BY orders.customer_id) AS cents_12m,
        row_number() OVER (
            PARTITION BY orders.customer_id ORDER BY orders.amount_cents DESC, orders.order_id
        ) AS by_amount
    FROM orders
    CROSS JOIN shop_day
    WHERE orders.status = 'paid'
)
SELECT
    customers.customer_id,
    customers.personalize_uid,
    coalesce(
        customers.tier_override,
        CASE
            WHEN paid.cents_12m >= 80000 THEN 'gold'
            WHEN paid.cents_12m >= 30000 THEN 'silver'
            ELSE 'bronze'
        END
    ) AS tier,
    customers.loyalty_points,
    (coalesce(paid.cents_12m, 0) / 100.0)::numeric(12, 2) AS spend_12m,
    (paid.amount_cents / 100.0)::numeric(12, 2) AS largest_order,
    customers.email,
    customers.first_name,
    customers.last_name
FROM customers
LEFT JOIN paid ON paid.customer_id = customers.customer_id AND paid.by_amount = 1
