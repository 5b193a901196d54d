-- The events of the log, each once, and what all fields share: money, days, periods, and who owned which customer.
--
-- Given: the variables log (path), zone, as_of (microseconds since 1970), opens and closes (minutes of the day); the
-- tables rates (currency, since DATE, rate in 1/10000), days_off (date), workdays (isodow), stages (place, name,
-- probability in 1/10000) and monthly_targets (role, target in 1/10000 of the reporting currency).
--
-- Instants are whole microseconds since 1970. Money is a HUGEINT of 10^-8 of the reporting currency: no amount of the
-- log and no rate has more than four decimals, see `odd_decimals`.

CREATE MACRO instant(text) AS epoch_us(CAST(text AS TIMESTAMPTZ));
CREATE MACRO in_10000ths(text) AS CAST(CAST(text AS DECIMAL(30, 4)) * 10000 AS HUGEINT);
CREATE MACRO one_if(condition) AS CASE WHEN condition THEN 1 ELSE 0 END;
CREATE MACRO local_us(moment) AS epoch_us(timezone(getvariable('zone'), moment));

-- Local days: when each begins, and when on it work begins and ends (both at midnight where nobody works).
CREATE TABLE days AS
WITH dates AS (
    SELECT CAST(unnest(generate_series(DATE '2023-01-01', DATE '2029-12-31', INTERVAL 1 DAY)) AS DATE) AS date
),
worked AS (
    SELECT date, local_us(CAST(date AS TIMESTAMP)) AS begins, local_us(date + INTERVAL 1 DAY) AS ends,
        isodow(date) IN (FROM workdays) AND date NOT IN (FROM days_off) AS works
    FROM dates
)
SELECT date, begins, ends,
    CASE WHEN works THEN local_us(date + to_minutes(getvariable('opens'))) ELSE begins END AS opens,
    CASE WHEN works THEN local_us(date + to_minutes(getvariable('closes'))) ELSE begins END AS closes
FROM worked;

-- The meter of work: how much had been worked, since 2023, before each day.
CREATE TABLE meter AS
SELECT *, CAST(sum(closes - opens) OVER (ORDER BY date) AS BIGINT) - (closes - opens) AS before
FROM days;

CREATE TABLE told AS
SELECT row_number() OVER () AS place, json->>'$.type' AS type, instant(json->>'$.time') AS time,
    json->>'$.source' AS source, json->>'$.id' AS id, json->'$.data' AS data
FROM read_json_objects(getvariable('log'), format = 'newline_delimited');

-- The lines of contracts, numbered.
CREATE TABLE contract_lines AS
SELECT place, time, generate_subscripts(lines, 1) AS nr, unnest(lines) AS line
FROM (SELECT place, time, json_extract(data, '$.lines[*]') AS lines FROM told WHERE type = 'contract.signed');

-- Every amount of money of every event, worth what the rate of the event's local day makes of it; NULL without a rate.
CREATE TABLE money AS
WITH amounts AS (
    SELECT place, time, field, data->field AS said
    FROM told, (VALUES ('amount'), ('cost'), ('budget'), ('base_salary')) AS fields (field)
    UNION ALL
    SELECT place, time, field || ' ' || nr, line->field
    FROM contract_lines, (VALUES ('unit_price'), ('list_price')) AS fields (field)
),
spoken AS (
    SELECT place, date, field, said->>'amount' AS amount,
        coalesce(said->>'currency', getvariable('reporting')) AS currency
    FROM amounts ASOF JOIN days ON amounts.time >= days.begins
    WHERE said IS NOT NULL AND json_type(said) = 'OBJECT'
)
SELECT place, field, amount, in_10000ths(amount) * rate AS worth
FROM spoken ASOF LEFT JOIN rates ON spoken.currency = rates.currency AND spoken.date >= rates.since;

CREATE VIEW odd_decimals AS
SELECT amount FROM money WHERE CAST(amount AS DECIMAL(30, 10)) <> CAST(amount AS DECIMAL(30, 4));

-- An event counts once for its subject, source and id: the first to arrive stands. One without a rate is refused, one
-- later than `as_of` is left out, before either can be the first.
CREATE TABLE events AS
SELECT place, type, split_part(type, '.', 1) AS thing, time, source, id, data, date AS day,
    data->>'employee_id' AS employee, data->>'customer_id' AS customer
FROM told ASOF JOIN days ON told.time >= days.begins
WHERE time <= getvariable('as_of') AND place NOT IN (SELECT place FROM money WHERE worth IS NULL)
QUALIFY row_number() OVER (
    PARTITION BY
        CASE
            WHEN type LIKE 'lead.%' THEN data->>'lead_id'
            ELSE coalesce(data->>'customer_id', data->>'lead_id', data->>'campaign_id', data->>'scope_id',
                data->>'employee_id', '')
        END,
        source, id
    ORDER BY place
) = 1;

-- Periods: those that hold a day up to that of `as_of`, and later ones, in which an invoice or a task may be due.
CREATE TABLE today AS SELECT date FROM days WHERE getvariable('as_of') BETWEEN begins AND ends - 1;

CREATE TABLE periods AS
WITH calendar AS (
    SELECT 'year' AS kind, strftime(date, '%Y') AS period, date FROM days
    UNION ALL SELECT 'quarter', year(date) || '-Q' || quarter(date), date FROM days
    UNION ALL SELECT 'month', strftime(date, '%Y-%m'), date FROM days
),
spans AS (
    SELECT period, kind, min(date) AS first, max(date) AS last FROM calendar GROUP BY ALL
    UNION ALL
    SELECT period, 'rolling', date - length + 1, date
    FROM today, (VALUES ('7d', 7), ('30d', 30), ('90d', 90)) AS rolling (period, length)
)
SELECT period, kind, first, last, today.date BETWEEN first AND last AS has_today, f.begins AS begins, l.ends AS ends
FROM spans, today JOIN days f ON f.date = first JOIN days l ON l.date = last;

-- The local day of a date-time or of a plain date, and the instant up to which it lasts.
CREATE MACRO is_date(text) AS length(text) = 10;
CREATE MACRO date_of(text) AS
    CASE WHEN is_date(text) THEN CAST(text AS DATE)
        ELSE CAST(timezone(getvariable('zone'), CAST(text AS TIMESTAMPTZ)) AS DATE) END;
CREATE MACRO end_of(text) AS
    CASE WHEN is_date(text) THEN local_us(CAST(text AS DATE) + INTERVAL 1 DAY) - 1 ELSE instant(text) END;

-- Who owned a customer from an instant on, up to the next one of the same customer; NULL: nobody.
CREATE TABLE customer_owners AS
SELECT customer, time AS since, CASE type WHEN 'customer.upserted' THEN data->>'owner_id' ELSE data->>'to' END AS owner
FROM events
WHERE type = 'customer.owner_changed' OR (type = 'customer.upserted' AND json_exists(data, '$.owner_id'))
QUALIFY row_number() OVER (PARTITION BY customer, time ORDER BY source DESC, id DESC) = 1;

CREATE TABLE owners_now AS
SELECT customer, owner FROM customer_owners
QUALIFY row_number() OVER (PARTITION BY customer ORDER BY since DESC) = 1;

-- What was said of a customer from an instant on, of its grade and its segment; NULL: none.
CREATE TABLE customer_words AS
SELECT customer, field, time AS since, data->>('$.' || field) AS word
FROM events, (VALUES ('grade'), ('segment')) AS fields (field)
WHERE type = 'customer.upserted' AND json_exists(data, '$.' || field)
QUALIFY row_number() OVER (PARTITION BY customer, field, time ORDER BY source DESC, id DESC) = 1;

CREATE TABLE roles AS
SELECT employee, data->>'role' AS role FROM events WHERE type = 'employee.upserted'
QUALIFY row_number() OVER (PARTITION BY employee ORDER BY time DESC, source DESC, id DESC) = 1;

-- What the other files fill: so much of a KPI's numerator and denominator, to an employee's credit, on a local day. A
-- KPI of a period is sum(numerator) / sum(denominator), or sum(numerator) where it has no denominator. What stands at
-- `as_of` is put on its day, so that it stands in the periods that contain it.
CREATE TABLE tally (kpi VARCHAR, employee VARCHAR, day DATE, numerator HUGEINT, denominator HUGEINT, count BIGINT);

-- And KPIs that are no such sums, by period: numerator / per over denominator / denominator_per.
CREATE TABLE figures (
    kpi VARCHAR, employee VARCHAR, period VARCHAR, numerator HUGEINT, per HUGEINT, denominator HUGEINT,
    denominator_per HUGEINT, count BIGINT
);

-- In what unit a KPI of the tally is counted: so many of it make 1; the denominator likewise, NULL for one without.
CREATE TABLE units (kpi VARCHAR, per HUGEINT, denominator_per HUGEINT);
