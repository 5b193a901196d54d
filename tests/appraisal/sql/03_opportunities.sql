-- Opportunities. At one instant an opportunity's events apply in the order created, changes, outcome, reopened.

INSERT INTO units VALUES
    ('opportunities_created', 1, NULL), ('stages_advanced', 1, NULL), ('won_count', 1, NULL), ('lost_count', 1, NULL),
    ('win_rate', 1, 1), ('opportunity_conversion_rate', 1, 1), ('won_amount', 10 ** 8, NULL),
    ('sales_cycle_days', 86400000000, 1), ('stage_conversion', 1, 1), ('time_in_stage_latest', 86400000000, 1),
    ('time_in_stage_cumulative', 86400000000, 1), ('open_count', 1, NULL), ('open_amount', 10 ** 8, NULL),
    ('expected_revenue', 10 ** 12, NULL), ('new_customers', 1, NULL), ('flagged', 1, NULL);

CREATE TABLE deal_events AS
WITH ranked AS (
    SELECT *, data->>'opportunity_id' AS deal, split_part(type, '.', 2) AS verb,
        CASE verb WHEN 'created' THEN 0 WHEN 'won' THEN 2 WHEN 'lost' THEN 2 WHEN 'reopened' THEN 3 ELSE 1 END AS rank
    FROM events WHERE thing = 'opportunity'
),
numbered AS (
    SELECT *, row_number() OVER (PARTITION BY deal ORDER BY time, rank, source, id) AS nr FROM ranked
)
SELECT deal, customer, nr, time, day, verb, data->>'owner_id' AS named, worth,
    coalesce(data->>'stage', data->>'to_stage') AS stage, data->>'from_stage' AS from_stage,
    data->>'campaign_id' AS campaign,
    -- null clears where an event is there to change fields; elsewhere it says nothing
    (data->>'owner_id') IS NOT NULL OR (verb = 'updated' AND json_exists(data, '$.owner_id')) AS sets_owner,
    worth IS NOT NULL OR (verb = 'updated' AND json_exists(data, '$.amount')) AS sets_amount,
    -- whether it was open before: an outcome closes it, and only reopened opens it again
    coalesce(
        last_value(CASE verb WHEN 'won' THEN false WHEN 'lost' THEN false WHEN 'reopened' THEN true END IGNORE NULLS)
            OVER (PARTITION BY deal ORDER BY nr ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS was_open
FROM numbered LEFT JOIN money ON money.place = numbered.place AND money.field = 'amount';

-- To whom something of a deal is credited where the event names nobody: who owned it, else the customer, at that time.
CREATE TABLE deal_owners AS
SELECT deal, time AS since, named AS owner FROM deal_events WHERE sets_owner
QUALIFY row_number() OVER (PARTITION BY deal, time ORDER BY nr DESC) = 1;

CREATE TABLE deal_holders AS
WITH moments AS (
    SELECT DISTINCT deal, customer, time FROM deal_events
    UNION SELECT deal, customer, getvariable('as_of') FROM deal_events
),
theirs AS (
    SELECT moments.*, owner AS deal_owner
    FROM moments ASOF LEFT JOIN deal_owners ON moments.deal = deal_owners.deal AND moments.time >= deal_owners.since
)
SELECT deal, time, coalesce(deal_owner, o.owner) AS holder
FROM theirs ASOF LEFT JOIN customer_owners o ON theirs.customer = o.customer AND theirs.time >= o.since;

-- Its creation: the first of the events that tell of one.
CREATE TABLE creations AS
SELECT deal, time, day, named, campaign FROM deal_events WHERE verb = 'created'
QUALIFY row_number() OVER (PARTITION BY deal ORDER BY nr) = 1;

INSERT INTO tally
SELECT 'opportunities_created', coalesce(named, holder), day, 1, NULL, 1
FROM creations JOIN deal_holders USING (deal, time);

-- Its outcome: its newest won or lost, unless it was reopened since. Without an amount it is the last that was known.
CREATE TABLE outcomes AS
WITH newest AS (
    SELECT *,
        last_value(CASE WHEN sets_amount THEN coalesce(worth, -1) END IGNORE NULLS)
            OVER (PARTITION BY deal ORDER BY nr ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS amount
    FROM deal_events
    QUALIFY verb IN ('won', 'lost', 'reopened') AND row_number()
        OVER (PARTITION BY deal, verb IN ('won', 'lost', 'reopened') ORDER BY nr DESC) = 1
)
SELECT deal, customer, newest.time, newest.day, verb = 'won' AS won, coalesce(newest.named, holder) AS closer,
    coalesce(nullif(amount, -1), 0) AS amount, nullif(amount, -1) IS NULL AS amount_missing,
    newest.time - creations.time AS cycle
FROM newest JOIN deal_holders USING (deal, time) LEFT JOIN creations USING (deal)
WHERE verb <> 'reopened';

INSERT INTO tally SELECT 'won_count', closer, day, 1, NULL, 1 FROM outcomes WHERE won;
INSERT INTO tally SELECT 'lost_count', closer, day, 1, NULL, 1 FROM outcomes WHERE NOT won;
INSERT INTO tally SELECT 'win_rate', closer, day, one_if(won), 1, 1 FROM outcomes;
INSERT INTO tally SELECT 'won_amount', closer, day, amount, NULL, 1 FROM outcomes WHERE won;
INSERT INTO tally SELECT 'sales_cycle_days', closer, day, cycle, 1, 1 FROM outcomes WHERE won AND cycle >= 0;
INSERT INTO tally SELECT 'flagged:missing_amount', closer, day, 1, NULL, 1 FROM outcomes WHERE won AND amount_missing;
INSERT INTO tally SELECT 'flagged:negative_cycle', closer, day, 1, NULL, 1 FROM outcomes WHERE won AND cycle < 0;

INSERT INTO tally
SELECT 'opportunity_conversion_rate', employee, day, one_if(kpi = 'won_count'), one_if(kpi <> 'won_count'),
    one_if(kpi <> 'won_count')
FROM tally WHERE kpi IN ('won_count', 'opportunities_created');

-- What sets its stage: only while it is open, but for the reopening itself. Setting the same stage is no entry.
CREATE TABLE entries AS
WITH settings AS (
    SELECT *, lag(stage) OVER (PARTITION BY deal ORDER BY nr) AS former
    FROM deal_events WHERE verb = 'reopened' OR (verb IN ('created', 'stage_changed') AND was_open)
)
SELECT * FROM settings WHERE NOT was_open OR former IS DISTINCT FROM stage;

-- Forward: to a stage that comes later than the one it was in, else than the one that the event says it was in.
INSERT INTO tally
SELECT 'stages_advanced', coalesce(named, holder), day, 1, NULL, 1
FROM entries JOIN deal_holders USING (deal, time)
    JOIN stages here ON here.name = coalesce(former, from_stage)
    JOIN stages there ON there.name = stage AND there.place > here.place
WHERE verb = 'stage_changed';

-- Stays in stages: from an entry to the next one, or to the outcome; left is NULL while it lasts.
CREATE TABLE stays AS
WITH turns AS (
    SELECT deal, nr, time, stage FROM entries
    UNION ALL SELECT deal, nr, time, NULL FROM deal_events WHERE verb IN ('won', 'lost') AND was_open
),
all_stays AS (SELECT *, time AS entered, lead(time) OVER (PARTITION BY deal ORDER BY nr) AS "left" FROM turns)
SELECT deal, nr, stage, entered, "left", place,
    lag(place) OVER (PARTITION BY deal ORDER BY nr) AS place_before
FROM all_stays LEFT JOIN stages ON name = stage
WHERE stage IS NOT NULL;

-- A stage is entered first by a stay in it, or by a skip from before it to behind it; it is passed where the deal is
-- won in the end, or got to a later stage in that stay or after it.
INSERT INTO tally
WITH reached AS (
    SELECT deal, nr, entered, stages.name AS stage, stages.place AS place,
        (SELECT max(later.place) FROM stays later WHERE later.deal = stays.deal AND later.nr >= stays.nr) AS furthest
    FROM stays JOIN stages
        ON stages.place = stays.place OR (stages.place > stays.place_before AND stages.place < stays.place)
    QUALIFY row_number() OVER (PARTITION BY deal, stages.name ORDER BY nr) = 1
)
SELECT 'stage_conversion:' || stage, holder, date, one_if(won OR furthest > place), 1, 1
FROM reached JOIN deal_holders ON reached.deal = deal_holders.deal AND reached.entered = deal_holders.time
    LEFT JOIN outcomes ON outcomes.deal = reached.deal
    JOIN days ON entered BETWEEN begins AND ends - 1;

-- Times in a stage count once for a deal, on the day on which it left the stage last.
INSERT INTO tally
WITH ended AS (
    SELECT deal, stage, arg_max("left" - entered, nr) AS latest, sum("left" - entered) AS cumulative,
        max("left") AS "left"
    FROM stays WHERE "left" IS NOT NULL GROUP BY deal, stage
)
SELECT unnest(['time_in_stage_latest:' || stage, 'time_in_stage_cumulative:' || stage]), holder, date,
    unnest([CAST(latest AS HUGEINT), cumulative]), 1, 1
FROM ended JOIN deal_holders ON ended.deal = deal_holders.deal AND ended."left" = deal_holders.time
    JOIN days ON "left" BETWEEN begins AND ends - 1;

-- What is open at as_of, with its last amount, to who has it now; expected is the amount by the stage's probability.
CREATE TABLE open_deals AS
WITH last_amounts AS (
    SELECT deal, worth FROM deal_events WHERE sets_amount
    QUALIFY row_number() OVER (PARTITION BY deal ORDER BY nr DESC) = 1
),
last_stages AS (
    SELECT deal, stage FROM entries QUALIFY row_number() OVER (PARTITION BY deal ORDER BY nr DESC) = 1
)
SELECT deal, holder, coalesce(worth, 0) AS amount, coalesce(probability, 0) AS probability
FROM (SELECT DISTINCT deal FROM deal_events WHERE deal NOT IN (SELECT deal FROM outcomes)) AS still_open
    JOIN deal_holders USING (deal)
    LEFT JOIN last_amounts USING (deal) LEFT JOIN last_stages USING (deal) LEFT JOIN stages ON name = stage
WHERE time = getvariable('as_of');

INSERT INTO tally SELECT 'open_count', holder, date, 1, NULL, 1 FROM open_deals, today;
INSERT INTO tally SELECT 'open_amount', holder, date, amount, NULL, 1 FROM open_deals, today;
INSERT INTO tally SELECT 'expected_revenue', holder, date, amount * probability, NULL, 1 FROM open_deals, today;
