-- Contracts, invoices and payments: to the employee that the event names.

INSERT INTO units VALUES
    ('contract_count', 1, NULL), ('contract_amount', 10 ** 8, NULL), ('units_sold', 10000, NULL),
    ('price_realisation', 10 ** 12, 10 ** 12), ('invoiced_amount', 10 ** 8, NULL), ('collected_amount', 10 ** 8, NULL),
    ('bad_debt_amount', 10 ** 8, NULL), ('collection_rate', 10 ** 8, 10 ** 8), ('bad_debt_rate', 10 ** 8, 10 ** 8);

CREATE TABLE payments AS
SELECT events.*, worth FROM events JOIN money USING (place)
WHERE field = 'amount' AND thing IN ('contract', 'invoice', 'payment', 'debt');

CREATE TABLE contracts AS SELECT *, data->>'opportunity_id' AS deal FROM payments WHERE type = 'contract.signed';

INSERT INTO tally SELECT 'contract_count', employee, day, 1, NULL, 1 FROM contracts;
INSERT INTO tally SELECT 'contract_amount', employee, day, worth, NULL, 1 FROM contracts;

CREATE TABLE priced_lines AS
SELECT c.place, in_10000ths(line->>'quantity') AS quantity, u.worth AS unit_price, l.worth AS list_price
FROM contract_lines c
    LEFT JOIN money u ON u.place = c.place AND u.field = 'unit_price ' || nr
    LEFT JOIN money l ON l.place = c.place AND l.field = 'list_price ' || nr
WHERE (line->>'quantity') IS NOT NULL;

INSERT INTO tally
SELECT 'units_sold', employee, day,
    coalesce((SELECT sum(quantity) FROM priced_lines l WHERE l.place = c.place), 0), NULL, 1
FROM contracts c;

-- Of the lines that have both prices; it rests on all contracts.
INSERT INTO tally
WITH sums AS (
    SELECT place, sum(quantity * unit_price) AS sold_at, sum(quantity * list_price) AS listed_at
    FROM priced_lines WHERE unit_price IS NOT NULL AND list_price IS NOT NULL GROUP BY place
)
SELECT 'price_realisation', employee, day, coalesce(sold_at, 0), coalesce(listed_at, 0), 1
FROM contracts LEFT JOIN sums USING (place);

INSERT INTO tally SELECT 'invoiced_amount', employee, day, worth, NULL, 1 FROM payments WHERE type = 'invoice.issued';
INSERT INTO tally
SELECT 'collected_amount', employee, day, CASE type WHEN 'payment.received' THEN worth ELSE -worth END, NULL, 1
FROM payments WHERE thing = 'payment';
INSERT INTO tally SELECT 'bad_debt_amount', employee, day, worth, NULL, 1 FROM payments WHERE thing = 'debt';

-- Both rates over the invoices due in the period, on which they rest.
INSERT INTO tally
SELECT unnest(['collection_rate', 'bad_debt_rate']), employee, date_of(data->>'due_at'), 0, worth, 1
FROM payments WHERE type = 'invoice.issued';
INSERT INTO tally
SELECT CASE kpi WHEN 'collected_amount' THEN 'collection_rate' ELSE 'bad_debt_rate' END, employee, day, numerator, 0, 0
FROM tally WHERE kpi IN ('collected_amount', 'bad_debt_amount');

-- A customer is new with its first won opportunity or first contract, to who won or signed it; of two at one instant a
-- win comes first, then the lesser source and id.
INSERT INTO tally
WITH bought AS (
    SELECT customer, time, day, 0 AS rank, '' AS source, deal AS id, closer AS employee FROM outcomes WHERE won
    UNION ALL SELECT customer, time, day, 1, source, id, employee FROM contracts
)
SELECT 'new_customers', employee, day, 1, NULL, 1 FROM bought
QUALIFY row_number() OVER (PARTITION BY customer ORDER BY time, rank, source, id) = 1;
