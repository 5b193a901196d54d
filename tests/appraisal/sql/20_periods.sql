-- From days to periods: every KPI of every employee in every period in which there is something of it.

-- Means of durations, and their percentiles: the least value that so many percent do not exceed, each value cut to its
-- seven highest binary digits.
INSERT INTO tally SELECT kpi, employee, day, us, 1, 1 FROM durations;

INSERT INTO figures
WITH cut AS (
    SELECT kpi, employee, period, greatest(length(ltrim(bin(us), '0')) - 7, 0) AS low, (us >> low) << low AS bin
    FROM durations JOIN periods ON day BETWEEN first AND last
),
sorted AS (SELECT kpi, employee, period, list_sort(list(bin)) AS bins FROM cut GROUP BY kpi, employee, period)
SELECT kpi || '_p' || percent, employee, period, bins[(len(bins) * percent + 99) // 100], 1000000, NULL, NULL, len(bins)
FROM sorted, (VALUES (50), (95)) AS percents (percent);

INSERT INTO figures
SELECT tally.kpi, employee, period, sum(numerator), any_value(per),
    CASE WHEN any_value(denominator_per) IS NOT NULL THEN sum(denominator) END, any_value(denominator_per), sum(count)
FROM tally
    JOIN units ON units.kpi = split_part(tally.kpi, ':', 1)
    JOIN periods ON day BETWEEN first AND last
GROUP BY tally.kpi, employee, period;

-- The target for the amount won in a period: that which was set for it, else the sum of those of its months if all of
-- them were set, else what the scorecard of the role asks for. What is shared out by wholes is left to other tests.
CREATE TABLE won_targets AS
WITH said AS (
    SELECT data->>'scope_id' AS employee, data->>'period' AS period, in_10000ths(data->>'value') AS target
    FROM events
    WHERE type = 'target.set' AND data->>'scope' = 'employee' AND data->>'kpi' = 'won_amount'
        AND coalesce(data->>'level', 'target') = 'target'
    QUALIFY row_number() OVER (
        PARTITION BY data->>'scope_id', data->>'period' ORDER BY time DESC, source DESC, id DESC) = 1
),
summed AS (
    SELECT employee, whole.period, sum(target) AS target
    FROM said JOIN periods part USING (period) JOIN periods whole ON part.first BETWEEN whole.first AND whole.last
    WHERE part.kind = 'month' AND whole.kind IN ('quarter', 'year')
    GROUP BY employee, whole.period, whole.kind HAVING count(*) = CASE whole.kind WHEN 'quarter' THEN 3 ELSE 12 END
),
usual AS (
    SELECT employee, period, target * CASE kind
        WHEN 'month' THEN 30 WHEN 'quarter' THEN 90 WHEN 'year' THEN 360 ELSE CAST(rtrim(period, 'd') AS INT)
    END AS target
    FROM roles JOIN monthly_targets USING (role), periods
)
SELECT employee, period, coalesce(said.target * 30, summed.target * 30, usual.target) AS target  -- in 1/300000
FROM said FULL JOIN summed USING (employee, period) FULL JOIN usual USING (employee, period);

-- What is open over what remains of that target.
INSERT INTO figures
SELECT 'pipeline_coverage', employee, period, o.numerator, 10 ** 8, target * 1000 - coalesce(w.numerator, 0) * 3,
    3 * 10 ** 8, o.count
FROM (SELECT * FROM figures WHERE kpi = 'open_amount') o
    JOIN won_targets USING (employee, period)
    LEFT JOIN (SELECT * FROM figures WHERE kpi = 'won_amount') w USING (employee, period)
WHERE target * 1000 > coalesce(w.numerator, 0) * 3;

-- Open count x mean amount won x win rate, over the days of a sales cycle: the count of the won cancels out.
INSERT INTO figures
SELECT 'sales_velocity', employee, period, coalesce(o.numerator, 0) * w.numerator, 10 ** 8 * r.denominator,
    c.numerator, 86400000000 * c.denominator, w.count
FROM (SELECT * FROM figures WHERE kpi = 'won_amount') w
    LEFT JOIN (SELECT * FROM figures WHERE kpi = 'open_count') o USING (employee, period)
    JOIN (SELECT * FROM figures WHERE kpi = 'win_rate') r USING (employee, period)
    JOIN (SELECT * FROM figures WHERE kpi = 'sales_cycle_days') c USING (employee, period)
    JOIN periods USING (period)
WHERE has_today AND c.numerator > 0;

-- A quotient by nothing is none, and what nobody is credited with is told of nobody.
DELETE FROM figures WHERE denominator = 0 OR employee IS NULL;
