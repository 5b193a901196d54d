-- Costs: an expense or trip is one by its id and its employee. The newest claim or request says what it costs, at the
-- rate of its own day; the newest decision decides, and at one instant a rejection is later.

INSERT INTO units VALUES ('cost_amount', 10 ** 8, NULL), ('trips', 1, NULL), ('deal_profit', 10 ** 8, NULL);

CREATE TABLE approvals AS
WITH cost_events AS (
    SELECT thing, employee, coalesce(data->>'expense_id', data->>'trip_id') AS cost, time, day, source, id,
        split_part(type, '.', 2) AS verb, worth
    FROM events LEFT JOIN money ON money.place = events.place AND field IN ('amount', 'cost')
    WHERE thing IN ('expense', 'trip')
),
claims AS (
    SELECT * FROM cost_events WHERE verb IN ('claimed', 'requested')
    QUALIFY row_number() OVER (PARTITION BY thing, employee, cost ORDER BY time DESC, source DESC, id DESC) = 1
),
decisions AS (
    SELECT * FROM cost_events WHERE verb IN ('approved', 'rejected')
    QUALIFY row_number() OVER (
        PARTITION BY thing, employee, cost ORDER BY time DESC, verb = 'rejected' DESC, source DESC, id DESC) = 1
)
SELECT c.thing, c.employee, d.day, c.worth
FROM claims c JOIN decisions d USING (thing, employee, cost)
WHERE d.verb = 'approved';

-- A trip that names no cost is a trip alone.
INSERT INTO tally SELECT 'cost_amount', employee, day, worth, NULL, 1 FROM approvals WHERE worth IS NOT NULL;
INSERT INTO tally SELECT 'trips', employee, day, 1, NULL, 1 FROM approvals WHERE thing = 'trip';

INSERT INTO tally
SELECT 'deal_profit', employee, day, CASE kpi WHEN 'cost_amount' THEN -numerator ELSE numerator END, NULL, count
FROM tally WHERE kpi IN ('collected_amount', 'cost_amount');
