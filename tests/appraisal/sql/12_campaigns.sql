-- Campaigns, to who launched them last.

INSERT INTO units VALUES ('campaign_participants', 1, NULL), ('campaign_roi', 10 ** 8, 10 ** 8);

CREATE TABLE launchers AS
SELECT data->>'campaign_id' AS campaign, employee FROM events WHERE type = 'campaign.launched'
QUALIFY row_number() OVER (PARTITION BY campaign ORDER BY time DESC, source DESC, id DESC) = 1;

-- A customer or a lead takes part from the day on which it joined first.
INSERT INTO tally
WITH joined AS (
    SELECT data->>'campaign_id' AS campaign, day, time FROM events WHERE type = 'campaign.joined'
    QUALIFY row_number() OVER (
        PARTITION BY campaign, customer, CASE WHEN customer IS NULL THEN data->>'lead_id' END ORDER BY time) = 1
)
SELECT 'campaign_participants', employee, day, 1, NULL, 1 FROM joined JOIN launchers USING (campaign);

-- What the won opportunities came to whose creation names it, less what was spent, over that.
INSERT INTO tally
SELECT 'campaign_roi', employee, outcomes.day, amount, 0, 0
FROM outcomes JOIN creations USING (deal) JOIN launchers USING (campaign) WHERE won;
INSERT INTO tally
SELECT 'campaign_roi', l.employee, day, -worth, worth, 1
FROM events JOIN money USING (place) JOIN launchers l ON l.campaign = data->>'campaign_id'
WHERE type = 'campaign.spent' AND field = 'amount';
