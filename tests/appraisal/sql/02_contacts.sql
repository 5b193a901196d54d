-- Contacts: contact.logged, with a customer or with a lead, made or attempted; to the employee who acted.

INSERT INTO units VALUES
    ('contacts', 1, NULL), ('contacts_connected', 1, NULL), ('customers_contacted', 1, NULL),
    ('customers_owned', 1, NULL);

CREATE TABLE contacts AS
SELECT *, data->>'channel' AS channel, data->>'direction' AS direction, data->>'lead_id' AS lead,
    coalesce(CAST(data->>'connected' AS BOOLEAN), true) AS connected
FROM events WHERE type = 'contact.logged';

INSERT INTO tally SELECT 'contacts', employee, day, 1, NULL, 1 FROM contacts;
INSERT INTO tally SELECT 'contacts:' || channel, employee, day, 1, NULL, 1 FROM contacts;
INSERT INTO tally SELECT 'contacts_connected', employee, day, 1, NULL, 1 FROM contacts WHERE connected;

-- Distinct customers of each day.
INSERT INTO tally
SELECT 'customers_contacted', employee, day, count(DISTINCT customer), NULL, count(DISTINCT customer)
FROM contacts WHERE customer IS NOT NULL GROUP BY employee, day;

-- Contacts over the distinct customers of the period.
INSERT INTO figures
SELECT 'contacts_per_customer', employee, period, count(*), 1, count(DISTINCT customer), 1, count(*)
FROM contacts JOIN periods ON day BETWEEN first AND last
GROUP BY employee, period HAVING count(DISTINCT customer) > 0;

INSERT INTO tally
SELECT 'customers_owned', owner, date, 1, NULL, 1 FROM owners_now, today;
