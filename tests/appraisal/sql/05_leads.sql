-- Leads. A lead counts once, by its first lead.created; at one instant it is disqualified after it is converted.

INSERT INTO units VALUES ('leads', 1, NULL), ('lead_conversion_rate', 1, 1), ('lead_response_seconds', 1000000, 1);

CREATE TABLE lead_events AS
SELECT data->>'lead_id' AS lead, customer, time, day, source, id, split_part(type, '.', 2) AS verb,
    data->>'owner_id' AS owner
FROM events WHERE thing = 'lead';

CREATE TABLE leads AS
WITH created AS (
    SELECT lead, time, day, owner FROM lead_events WHERE verb = 'created'
    QUALIFY row_number() OVER (PARTITION BY lead ORDER BY time, source, id) = 1
),
assigned AS (
    SELECT lead, owner FROM lead_events WHERE verb = 'assigned'
    QUALIFY row_number() OVER (PARTITION BY lead ORDER BY time, source, id) = 1
),
closed AS (
    SELECT lead, verb FROM lead_events WHERE verb IN ('converted', 'disqualified')
    QUALIFY row_number() OVER (PARTITION BY lead ORDER BY time DESC, verb DESC, source DESC, id DESC) = 1
)
SELECT lead, time AS created, day, coalesce(created.owner, assigned.owner) AS owner,
    verb = 'converted' AS converted
FROM created LEFT JOIN assigned USING (lead) LEFT JOIN closed USING (lead);

INSERT INTO tally SELECT 'leads', owner, day, 1, NULL, 1 FROM leads;
INSERT INTO tally SELECT 'lead_conversion_rate', owner, day, one_if(converted), 1, 1 FROM leads;

-- Values of which percentiles are told beside the mean; microseconds.
CREATE TABLE durations (kpi VARCHAR, employee VARCHAR, day DATE, us BIGINT);

-- From the creation, or from when it was assigned last before that, to the first outbound contact, connected or not,
-- with the lead or with a customer that a creation of it names; to who made that contact.
INSERT INTO durations
WITH attempts AS (
    SELECT leads.lead, created, contacts.time, contacts.day, contacts.employee, source, id
    FROM leads JOIN contacts ON contacts.lead = leads.lead AND contacts.customer IS NULL
    WHERE direction = 'outbound' AND contacts.time >= created
    UNION ALL
    SELECT leads.lead, created, contacts.time, contacts.day, contacts.employee, source, id
    FROM leads
        JOIN (SELECT DISTINCT lead, customer FROM lead_events WHERE verb = 'created' AND customer IS NOT NULL) AS named
            ON named.lead = leads.lead
        JOIN contacts ON contacts.customer = named.customer
    WHERE direction = 'outbound' AND contacts.time >= created
),
tried AS (SELECT * FROM attempts QUALIFY row_number() OVER (PARTITION BY lead ORDER BY time, source, id) = 1)
SELECT 'lead_response_seconds', employee, day, time - greatest(created, coalesce((
    SELECT max(a.time) FROM lead_events a WHERE a.lead = tried.lead AND verb = 'assigned' AND a.time <= tried.time
), created))
FROM tried;
