-- One row a customer who ever ordered: recency, and the risk to lose the customer, measured by the customer's own rhythm.
WITH gaps AS (
    SELECT
        customer_id,
        ordered_on,
        ordered_on - lag(ordered_on) OVER own_orders AS gap,
        row_number() OVER (PARTITION BY customer_id ORDER BY ordered_on DESC, order_id DESC) AS age
    FROM orders
    WHERE status = 'paid'
    WINDOW own_orders AS (PARTITION BY customer_id ORDER BY ordered_on, order_id)
),

rhythm AS (
    SELECT customer_id, coalesce(avg(gap), 90) AS usual_gap FROM gaps GROUP BY customer_id
),

recency AS (
    SELECT
        gaps.customer_id,
        gaps.ordered_on AS last_order_on,
        shop_day.today - gaps.ordered_on AS days_since_order
    FROM gaps
    CROSS JOIN shop_day
    WHERE gaps.age = 1
)

SELECT
    customers.customer_id,
    customers.personalize_uid,
    recency.last_order_on,
    recency.days_since_order,
    CASE
        WHEN recency.days_since_order <= rhythm.usual_gap THEN 'low'
        WHEN recency.days_since_order <= 3 * rhythm.usual_gap THEN 'medium'
        ELSE 'high'
    END AS churn_risk,
    customers.last_seen_at,
    customers.newsletter
FROM customers
INNER JOIN recency ON recency.customer_id = customers.customer_id
INNER JOIN rhythm ON rhythm.customer_id = customers.customer_id
