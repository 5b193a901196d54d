-- Tasks: the newest assignment holds; at one instant a task is cancelled after it is completed.

INSERT INTO units VALUES ('task_completion_rate', 1, 1), ('on_time_rate', 1, 1);

CREATE TABLE tasks AS
WITH task_events AS (
    SELECT data->>'task_id' AS task, time, day, source, id, split_part(type, '.', 2) AS verb, employee,
        data->>'due_at' AS due_at
    FROM events WHERE thing = 'task'
),
assigned AS (
    SELECT * FROM task_events WHERE verb = 'assigned'
    QUALIFY row_number() OVER (PARTITION BY task ORDER BY time DESC, source DESC, id DESC) = 1
),
ended AS (
    SELECT * FROM task_events WHERE verb <> 'assigned'
    QUALIFY row_number() OVER (PARTITION BY task ORDER BY time DESC, verb = 'cancelled' DESC, source DESC, id DESC) = 1
)
SELECT a.employee AS assignee, a.due_at, coalesce(o.verb, 'open') AS outcome, o.employee AS doer, o.time AS done,
    o.day AS done_on
FROM assigned a LEFT JOIN ended o USING (task);

INSERT INTO tally
SELECT 'task_completion_rate', assignee, date_of(due_at), one_if(outcome = 'completed'), 1, 1
FROM tasks WHERE outcome <> 'cancelled';

INSERT INTO tally
SELECT 'on_time_rate', doer, done_on, one_if(done <= end_of(due_at)), 1, 1
FROM tasks WHERE outcome = 'completed';
