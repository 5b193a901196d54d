-- Customers that stay, that come again, and that are served by several roles. Given: active_for, microseconds.

INSERT INTO units VALUES ('repeat_rate', 1, 1), ('handoffs_given', 1, NULL), ('handoffs_taken', 1, NULL);

-- A purchase is a won opportunity, or a contract that belongs to none.
CREATE TABLE purchases AS
SELECT customer, time FROM outcomes WHERE won
UNION ALL
SELECT customer, time FROM contracts WHERE deal IS NULL OR deal NOT IN (SELECT deal FROM outcomes WHERE won);

-- Of the customers owned at the first instant of a calendar period: who is active then, and at its last instant.
CREATE TABLE staying AS
WITH starts AS (
    SELECT period, begins, ends, customer
    FROM periods, (SELECT DISTINCT customer FROM purchases)
    WHERE kind <> 'rolling' AND begins <= getvariable('as_of')
),
owned AS (
    SELECT starts.*, owner
    FROM starts ASOF JOIN customer_owners o ON starts.customer = o.customer AND starts.begins >= o.since
)
SELECT period, owner, customer,
    bool_or(time > begins - getvariable('active_for') AND time <= begins) AS at_start,
    bool_or(time > ends - 1 - getvariable('active_for') AND time <= ends - 1) AS at_end
FROM owned JOIN purchases USING (customer) WHERE owner IS NOT NULL GROUP BY period, owner, customer;

CREATE TABLE retained AS
SELECT owner AS employee, period, count(*) AS active, count(*) FILTER (at_end) AS kept
FROM staying WHERE at_start GROUP BY owner, period;

INSERT INTO figures SELECT 'retention_rate', employee, period, kept, 1, active, 1, active FROM retained;

-- A year's profit for each customer that was active, over the share of them that was lost: so that for each lost one.
INSERT INTO figures
SELECT 'customer_lifetime_value', employee, period, coalesce(sum(numerator) FILTER (day BETWEEN first AND last), 0),
    10 ** 8, active - kept, 1, active
FROM retained JOIN periods USING (period)
    LEFT JOIN (SELECT employee, day, numerator FROM tally WHERE kpi = 'deal_profit') AS profit USING (employee)
WHERE kind = 'year' AND kept < active
GROUP BY employee, period, active, kept;

INSERT INTO tally
WITH bought AS (SELECT customer, count(*) AS times FROM purchases GROUP BY customer)
SELECT 'repeat_rate', owner, date, one_if(times >= 2), 1, 1 FROM owners_now JOIN bought USING (customer), today;

-- The segments of the policy that a customer was in at an instant: what it lists of the grade, and of the segment of the
-- CRM, holds; of what it lists nothing may be anything.
CREATE TABLE segment_moments AS
SELECT customer, begins AS time FROM purchases, periods WHERE kind <> 'rolling'
UNION SELECT customer, time FROM feedback WHERE customer IS NOT NULL
UNION SELECT customer, getvariable('as_of') FROM purchases;

CREATE TABLE in_segment AS
WITH graded AS (
    SELECT m.customer, m.time, word AS grade
    FROM segment_moments m ASOF LEFT JOIN (SELECT * FROM customer_words WHERE field = 'grade') w
        ON m.customer = w.customer AND m.time >= w.since
),
known AS (
    SELECT g.customer, g.time, grade, word AS segment
    FROM graded g ASOF LEFT JOIN (SELECT * FROM customer_words WHERE field = 'segment') w
        ON g.customer = w.customer AND g.time >= w.since
)
SELECT customer, time, name
FROM known, segments
WHERE (name NOT IN (SELECT name FROM segments_by_grade)
        OR EXISTS (FROM segments_by_grade s WHERE s.name = segments.name AND s.value = grade))
    AND (name NOT IN (SELECT name FROM segments_by_segment)
        OR EXISTS (FROM segments_by_segment s WHERE s.name = segments.name AND s.value = segment));

INSERT INTO units VALUES ('csat_segment', 1, 1), ('nps_segment', 1, 1), ('repeat_rate_segment', 1, 1);

INSERT INTO tally
SELECT kind || '_segment:' || name, employee, day, worth, 1, 1
FROM answers_given JOIN in_segment USING (customer, time) WHERE counts AND kind IN ('csat', 'nps');

INSERT INTO tally
WITH bought AS (SELECT customer, count(*) AS times FROM purchases GROUP BY customer)
SELECT 'repeat_rate_segment:' || name, owner, date, one_if(times >= 2), 1, 1
FROM owners_now JOIN bought USING (customer) JOIN in_segment USING (customer), today
WHERE time = getvariable('as_of');

INSERT INTO figures
SELECT 'retention_rate_segment:' || name, owner, period, count(*) FILTER (at_end), 1, count(*), 1, count(*)
FROM staying JOIN periods USING (period) JOIN in_segment ON staying.customer = in_segment.customer AND time = begins
WHERE at_start GROUP BY name, owner, period;

-- Customers whom somebody served in the period, by a contact or by the solution of a ticket that counts as handled, and
-- somebody of another role too.
CREATE TABLE served_together AS
WITH services AS (
    SELECT customer, employee, day FROM contacts WHERE customer IS NOT NULL
    UNION ALL
    SELECT t.customer, c.employee, c.day
    FROM credits c JOIN tickets t USING (ticket) WHERE kpi = 'resolution_seconds'
),
touched AS (
    SELECT DISTINCT period, customer, employee, role
    FROM services JOIN roles USING (employee) JOIN periods ON day BETWEEN first AND last
),
shared AS (SELECT period, customer FROM touched GROUP BY period, customer HAVING count(DISTINCT role) > 1)
SELECT employee, period, customer FROM touched JOIN shared USING (period, customer);

INSERT INTO figures
SELECT 'shared_customers', employee, period, count(*), 1, NULL, NULL, count(*)
FROM served_together GROUP BY employee, period;

-- What came of them in the period: bought again, stayed as active customers, and answered.
INSERT INTO figures
WITH again AS (
    SELECT DISTINCT customer, period
    FROM (FROM purchases QUALIFY row_number() OVER (PARTITION BY customer ORDER BY time) > 1)
        JOIN periods ON time >= begins AND time < ends
)
SELECT 'shared_repeat_rate', employee, period, count(again.customer), 1, count(*), 1, count(*)
FROM served_together LEFT JOIN again USING (customer, period) GROUP BY employee, period;

INSERT INTO figures
WITH active AS (
    SELECT period, customer, bool_or(time > begins - getvariable('active_for') AND time <= begins) AS at_start,
        bool_or(time > ends - 1 - getvariable('active_for') AND time <= ends - 1) AS at_end
    FROM purchases, periods WHERE kind <> 'rolling' GROUP BY period, customer
)
SELECT 'shared_retention_rate', employee, period, count(*) FILTER (at_end), 1, count(*), 1, count(*)
FROM served_together JOIN active USING (period, customer) WHERE at_start GROUP BY employee, period;

INSERT INTO figures
SELECT 'shared_csat', s.employee, period, sum(worth), 1, count(*), 1, count(*)
FROM served_together s JOIN periods USING (period)
    JOIN answers_given a ON a.customer = s.customer AND day BETWEEN first AND last
WHERE a.kind = 'csat' AND counts GROUP BY s.employee, period;

-- Customers that went from one owner to another.
CREATE TABLE handoffs AS
SELECT date AS day, giver, taker
FROM (SELECT since, lag(owner) OVER (PARTITION BY customer ORDER BY since) AS giver, owner AS taker
      FROM customer_owners)
    JOIN days ON since >= begins AND since < ends
WHERE giver <> taker;

INSERT INTO tally SELECT 'handoffs_given', giver, day, 1, NULL, 1 FROM handoffs;
INSERT INTO tally SELECT 'handoffs_taken', taker, day, 1, NULL, 1 FROM handoffs;
