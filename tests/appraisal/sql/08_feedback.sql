-- Feedback: to the employee whose work it is about, on the day on which it came.

INSERT INTO units VALUES ('csat', 1, 1), ('nps', 1, 1), ('ces', 10000, 1), ('praise', 1, NULL);

CREATE TABLE feedback AS
SELECT employee, customer, time, day, data->>'kind' AS kind, data->>'aspect' AS aspect, CAST(data->>'score' AS DECIMAL(30, 4)) AS score
FROM events WHERE type = 'feedback.received';

-- An answer is a score on the scale of its kind.
CREATE TABLE answers_given AS
SELECT *,
    CASE kind
        WHEN 'csat' THEN score BETWEEN 1 AND 5
        WHEN 'nps' THEN score BETWEEN 0 AND 10
        ELSE score BETWEEN 1 AND 7
    END AS counts,
    CASE kind
        WHEN 'csat' THEN one_if(score >= 4)
        WHEN 'nps' THEN one_if(score >= 9) - one_if(score <= 6)
        ELSE in_10000ths(score)
    END AS worth
FROM feedback WHERE kind IN ('csat', 'nps', 'ces');

INSERT INTO tally SELECT kind, employee, day, worth, 1, 1 FROM answers_given WHERE counts;
INSERT INTO tally
SELECT kind || ':' || aspect, employee, day, worth, 1, 1 FROM answers_given WHERE counts AND aspect IS NOT NULL;
INSERT INTO tally
SELECT 'flagged:feedback_score', employee, day, 1, NULL, 1 FROM answers_given WHERE counts IS NOT TRUE;
INSERT INTO tally SELECT 'praise', employee, day, 1, NULL, 1 FROM feedback WHERE kind = 'praise';
