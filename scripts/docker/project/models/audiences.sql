-- One row a customer who consents to marketing: the audiences the customer is in, as an array.
WITH latest_consent AS (
    SELECT
        customer_id,
        granted,
        row_number() OVER (PARTITION BY customer_id ORDER BY changed_at DESC) AS age
    FROM consents
    WHERE channel = 'marketing'
),

bought AS (
    SELECT
        customer_id,
        category,
        count(*) AS orders,
        row_number() OVER (PARTITION BY customer_id ORDER BY count(*) DESC, category) AS place
    FROM orders
    WHERE status = 'paid'
    GROUP BY customer_id, category
),

memberships AS (
    SELECT customer_id, 'fans-of-' || category AS audience FROM bought WHERE orders >= 3
    UNION
    SELECT customer_id, 'all-rounder' FROM bought GROUP BY customer_id HAVING count(*) >= 4
    UNION
    SELECT customer_id, 'big-basket' FROM orders WHERE status = 'paid' AND amount_cents >= 24000
    UNION
    SELECT customers.customer_id, 'country-' || lower(customers.country) FROM customers
)

SELECT
    customers.customer_id,
    customers.personalize_uid,
    ARRAY(
        SELECT memberships.audience FROM memberships
        WHERE memberships.customer_id = customers.customer_id
        ORDER BY memberships.audience
    ) AS audiences,
    bought.category AS favourite_category
FROM customers
INNER JOIN latest_consent
    ON latest_consent.customer_id = customers.customer_id AND latest_consent.age = 1 AND latest_consent.granted
LEFT JOIN bought ON bought.customer_id = customers.customer_id AND bought.place = 1
