-- The use of the CRM, and figures from elsewhere.

INSERT INTO units VALUES ('usage_days', 1, NULL), ('data_quality', 1, 1), ('measure', 10000, 1);

INSERT INTO tally SELECT DISTINCT 'usage_days', employee, day, 1, NULL, 1 FROM events WHERE type = 'usage.recorded';

INSERT INTO tally
SELECT 'data_quality', employee, day, one_if(coalesce(CAST(data->>'valid' AS BOOLEAN), true)), 1, 1
FROM events WHERE type = 'usage.recorded' AND data->>'action' IN ('record_created', 'record_updated');

INSERT INTO tally
SELECT 'measure:' || (data->>'measure'), data->>'scope_id', day, in_10000ths(data->>'value'), 1, 1
FROM events WHERE type = 'measure.recorded' AND data->>'scope' = 'employee';
