-- Assessments by those around an employee, and key results. Given: the variable min_raters and the table relations
-- (relation, weight in 1/10000).

INSERT INTO units VALUES ('okr_progress', 10000, 1);

-- By relation the mean of the scores of the period; peers, subordinates and customers only where enough of them rated;
-- then the mean of these by weight. As one fraction over all: each sum times the numbers of the other relations.
INSERT INTO figures
WITH scores AS (
    SELECT 'competency_' || replace(lower(data->>'competency'), ' ', '_') AS kpi, employee, day,
        data->>'relation' AS relation, data->>'rater_id' AS rater, in_10000ths(data->>'score') AS score
    FROM events WHERE type = 'assessment.submitted'
),
by_relation AS (
    SELECT kpi, employee, period, relation, weight, sum(score) AS total, count(*) AS number
    FROM scores JOIN relations USING (relation) JOIN periods ON day BETWEEN first AND last
    WHERE weight > 0
    GROUP BY kpi, employee, period, relation, weight
    HAVING relation = 'superior' OR count(DISTINCT rater) >= getvariable('min_raters')
),
together AS (
    SELECT kpi, employee, period, CAST(product(number) AS HUGEINT) AS numbers, sum(weight) AS weights,
        sum(number) AS number
    FROM by_relation GROUP BY kpi, employee, period
)
SELECT kpi, employee, period, sum(weight * total * (numbers // b.number)), numbers * CAST(10 ** 8 AS HUGEINT), weights,
    10000, t.number
FROM by_relation b JOIN together t USING (kpi, employee, period)
GROUP BY kpi, employee, period, numbers, weights, t.number;

-- Each key result by its newest update, on the day on which it is due, else on that of the update.
INSERT INTO tally
WITH newest AS (
    SELECT * FROM events WHERE type = 'key_result.updated'
    QUALIFY row_number() OVER (
        PARTITION BY employee, data->>'objective', data->>'key_result' ORDER BY time DESC, source DESC, id DESC) = 1
)
SELECT 'okr_progress', employee, coalesce(date_of(data->>'due_at'), day), in_10000ths(data->>'progress'), 1, 1
FROM newest;
