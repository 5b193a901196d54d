-- Tickets, from their first ticket.opened on. At one instant a ticket's events apply in the order of their life.

INSERT INTO units VALUES
    ('resolution_rate', 1, 1), ('complaint_rate', 1, 1), ('tickets_handled', 1, NULL), ('open_tickets', 1, NULL),
    ('resolution_seconds', 1000000, 1), ('first_response_seconds', 1000000, 1);

CREATE TABLE ticket_events AS
WITH ranked AS (
    SELECT *, data->>'ticket_id' AS ticket, split_part(type, '.', 2) AS verb,
        list_position(
            ['opened', 'assigned', 'replied', 'paused', 'resumed', 'resolved', 'reopened', 'closed'], verb) AS rank
    FROM events WHERE thing = 'ticket'
)
SELECT ticket, customer, time, day, verb, employee, data->>'kind' AS kind,
    coalesce(CAST(data->>'automatic' AS BOOLEAN), false) AS automatic,
    row_number() OVER (PARTITION BY ticket ORDER BY time, rank, source, id) AS nr
FROM ranked;

CREATE TABLE openings AS
SELECT * FROM ticket_events WHERE verb = 'opened' QUALIFY row_number() OVER (PARTITION BY ticket ORDER BY nr) = 1;

-- Whose a ticket is from an event on: to whom it was given last, else whom its opening names.
CREATE TABLE assignees AS
SELECT ticket, nr,
    coalesce(
        last_value(CASE verb WHEN 'assigned' THEN employee END IGNORE NULLS) OVER past,
        first_value(CASE verb WHEN 'opened' THEN employee END IGNORE NULLS) OVER past
    ) AS assignee
FROM ticket_events WINDOW past AS (PARTITION BY ticket ORDER BY nr);

-- Its holder, to whom its opening counts.
CREATE TABLE tickets AS
WITH owned AS (
    SELECT openings.*, owner
    FROM openings ASOF LEFT JOIN customer_owners o ON openings.customer = o.customer AND openings.time >= o.since
),
given AS (
    SELECT ticket, employee AS first_assignee FROM ticket_events WHERE verb = 'assigned'
    QUALIFY row_number() OVER (PARTITION BY ticket ORDER BY nr) = 1
)
SELECT ticket, customer, nr, time AS opened, day, kind, coalesce(employee, first_assignee, owner) AS holder
FROM owned LEFT JOIN given USING (ticket);

-- What came after the opening, and whether the ticket was solved before it: by its last resolved, closed or reopened.
CREATE TABLE steps AS
WITH later AS (
    SELECT e.* FROM ticket_events e JOIN tickets t ON t.ticket = e.ticket AND e.nr > t.nr
)
SELECT *, coalesce(
    last_value(
        CASE verb WHEN 'resolved' THEN true WHEN 'closed' THEN true WHEN 'reopened' THEN false END IGNORE NULLS
    ) OVER (PARTITION BY ticket ORDER BY nr ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS was_solved
FROM later;

-- Solved tickets: the event by which the last unsolved stretch ended, if none was begun anew since.
CREATE TABLE solutions AS
WITH turns AS (
    SELECT * FROM steps WHERE (verb IN ('resolved', 'closed') AND NOT was_solved) OR (verb = 'reopened' AND was_solved)
),
newest AS (SELECT * FROM turns QUALIFY row_number() OVER (PARTITION BY ticket ORDER BY nr DESC) = 1)
SELECT ticket, t.customer, newest.time, newest.day, newest.nr, employee FROM newest JOIN tickets t USING (ticket)
WHERE verb <> 'reopened';

INSERT INTO tally
SELECT 'resolution_rate', holder, day, one_if(ticket IN (SELECT ticket FROM solutions)), 1, 1 FROM tickets;
INSERT INTO tally SELECT 'complaint_rate', holder, day, one_if(kind = 'complaint'), 1, 1 FROM tickets;

-- The first answer that is not a machine's.
CREATE TABLE answers AS
SELECT ticket, t.customer, time, steps.day, steps.nr, employee FROM steps JOIN tickets t USING (ticket)
WHERE verb = 'replied' AND NOT automatic
QUALIFY row_number() OVER (PARTITION BY ticket ORDER BY steps.nr) = 1;

-- To whom a solution or an answer counts: whom the event names, else whose the ticket was, else whose the customer was.
CREATE TABLE credits AS
WITH done AS (
    SELECT 'resolution_seconds' AS kpi, * FROM solutions UNION ALL SELECT 'first_response_seconds', * FROM answers
),
owned AS (
    SELECT done.*, owner
    FROM done ASOF LEFT JOIN customer_owners o ON done.customer = o.customer AND done.time >= o.since
)
SELECT kpi, ticket, time, day, coalesce(employee, (
    SELECT arg_max(assignee, a.nr) FROM assignees a JOIN ticket_events e USING (ticket, nr)
    WHERE ticket = owned.ticket AND e.time <= owned.time
), owner) AS employee
FROM owned;

INSERT INTO tally SELECT 'tickets_handled', employee, day, 1, NULL, 1 FROM credits WHERE kpi = 'resolution_seconds';

-- When its clock ran: it stands while the ticket is paused, and while it is solved.
CREATE TABLE runs AS
WITH turns AS (
    SELECT ticket, nr, opened AS time, true AS runs FROM tickets
    UNION ALL
    SELECT ticket, nr, time, verb IN ('resumed', 'reopened') FROM steps
    WHERE CASE WHEN was_solved THEN verb = 'reopened' ELSE verb IN ('paused', 'resumed', 'resolved', 'closed') END
)
SELECT ticket, runs, time AS since, lead(time) OVER (PARTITION BY ticket ORDER BY nr) AS until FROM turns;

-- In working time: the meter at the end of each run less that at its beginning, up to the solution or the answer.
INSERT INTO durations
WITH ends AS (
    SELECT kpi, credits.ticket, employee, day, unnest([1, -1]) AS sign,
        unnest([least(coalesce(until, time), time), least(since, time)]) AS instant
    FROM credits JOIN runs ON runs.ticket = credits.ticket AND runs
)
SELECT kpi, employee, day, sum(sign * (before + greatest(least(instant, closes), opens) - opens))
FROM ends ASOF JOIN meter ON instant >= begins
GROUP BY kpi, ticket, employee, day;

-- Those that are unsolved now, to whom it was given last, else whom its opening names, else whose the customer is now.
INSERT INTO tally
WITH newest AS (SELECT ticket, arg_max(assignee, nr) AS assignee FROM assignees GROUP BY ticket)
SELECT 'open_tickets', coalesce(assignee, owner), date, 1, NULL, 1
FROM tickets JOIN newest USING (ticket) LEFT JOIN owners_now USING (customer), today
WHERE ticket NOT IN (SELECT ticket FROM solutions);
