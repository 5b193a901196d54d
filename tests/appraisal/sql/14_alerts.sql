-- Episodes of follow-up, by the newest record of each alert that a run tells (the variable alerts is a path). Which
-- alerts there should be is recounted by tests/year.

INSERT INTO units VALUES ('overdue_episodes', 1, NULL), ('stalled_episodes', 1, NULL);

INSERT INTO tally
WITH alerts AS (
    SELECT record->>'id' AS id, arg_max(record, place) AS newest
    FROM (SELECT row_number() OVER () AS place, json AS record
          FROM read_json_objects(getvariable('alerts'), format = 'newline_delimited'))
    GROUP BY id
)
SELECT CASE newest->>'rule' WHEN 'contact.overdue' THEN 'overdue_episodes' ELSE 'stalled_episodes' END,
    newest->>'employee_id', date_of(newest->>'fired_at'), 1, NULL, 1
FROM alerts
WHERE newest->>'rule' IN ('contact.overdue', 'opp.stalled') AND newest->>'reason' <> 'withdrawn'
    AND newest->>'fired_at' IS NOT NULL;
