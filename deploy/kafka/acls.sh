#!/bin/sh
# Who may do what: sh acls.sh --bootstrap-server HOST:PORT --command-config ADMIN.properties
# Written by `crmpulse topics --acls`; `--apply` grants the same at once.
set -e

# setup: crmpulse topics, crmpulse rebuild
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-setup \
  --operation Read --operation Create --operation DescribeConfigs \
  --resource-pattern-type prefixed \
  --topic crm.
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-setup \
  --operation Read --operation Write --operation Create --operation Delete --operation DescribeConfigs \
  --resource-pattern-type prefixed \
  --topic streams.
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-setup \
  --operation Read --operation Write --operation Create --operation DescribeConfigs \
  --topic alerts \
  --topic alerts.digest \
  --topic alerts.log \
  --topic scores.employees \
  --topic scores.teams \
  --topic kpis.employees \
  --topic funnel \
  --topic opportunities \
  --topic customers \
  --topic campaigns \
  --topic insights \
  --topic pay.statements \
  --topic recommendations
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-setup \
  --operation Read \
  --group crm-pulse.intake \
  --group crm-pulse.progress \
  --group crm-pulse.retractions
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-setup \
  --operation Read \
  --resource-pattern-type prefixed \
  --group crm-pulse.g
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-setup \
  --operation Write \
  --resource-pattern-type prefixed \
  --transactional-id crm-pulse- \
  --transactional-id crm-pulse.g

# worker: crmpulse worker, intake within it
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-worker \
  --operation Read --operation DescribeConfigs \
  --resource-pattern-type prefixed \
  --topic crm.
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-worker \
  --operation Read --operation Write --operation DescribeConfigs \
  --resource-pattern-type prefixed \
  --topic streams.
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-worker \
  --operation Write --operation DescribeConfigs \
  --topic alerts \
  --topic alerts.digest \
  --topic alerts.log \
  --topic scores.employees \
  --topic scores.teams \
  --topic kpis.employees \
  --topic funnel \
  --topic opportunities \
  --topic customers \
  --topic campaigns \
  --topic insights \
  --topic pay.statements \
  --topic recommendations
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-worker \
  --operation Read \
  --group crm-pulse.intake \
  --group crm-pulse.progress \
  --group crm-pulse.retractions
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-worker \
  --operation Read \
  --resource-pattern-type prefixed \
  --group crm-pulse.g
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-worker \
  --operation Write \
  --resource-pattern-type prefixed \
  --transactional-id crm-pulse- \
  --transactional-id crm-pulse.g

# source: whoever sends events: CRM connectors, crmpulse simulate
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-source \
  --operation Write \
  --resource-pattern-type prefixed \
  --topic crm.

# notify: crmpulse notify
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-notify \
  --operation Read \
  --topic alerts \
  --topic alerts.digest
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-notify \
  --operation Read \
  --resource-pattern-type prefixed \
  --group crm-pulse.notify.

# dashboard: crmpulse dashboard
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-dashboard \
  --operation Read \
  --topic alerts \
  --topic alerts.log \
  --topic scores.employees \
  --topic scores.teams \
  --topic kpis.employees \
  --topic funnel \
  --topic campaigns \
  --topic opportunities \
  --topic customers \
  --topic recommendations \
  --topic streams.dead-letters \
  --topic streams.generation
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-dashboard \
  --operation Read \
  --resource-pattern-type prefixed \
  --topic crm. \
  --topic streams.policy
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-dashboard \
  --operation Write \
  --topic crm.commands \
  --topic crm.assessments

# operations: reads alerts, customers, opportunities and what was refused
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-operations \
  --operation Read \
  --topic alerts \
  --topic alerts.digest \
  --topic alerts.log \
  --topic opportunities \
  --topic customers \
  --topic streams.dead-letters
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-operations \
  --operation Read \
  --resource-pattern-type prefixed \
  --group crm-pulse.operations.

# scores: reads scores, KPIs, recommendations and what the company's figures say
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-scores \
  --operation Read \
  --topic scores.employees \
  --topic scores.teams \
  --topic kpis.employees \
  --topic funnel \
  --topic campaigns \
  --topic insights \
  --topic recommendations
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-scores \
  --operation Read \
  --resource-pattern-type prefixed \
  --group crm-pulse.scores.

# pay: reads pay, and nothing else
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-pay \
  --operation Read \
  --topic pay.statements
kafka-acls.sh "$@" --add \
  --allow-principal User:crmpulse-pay \
  --operation Read \
  --resource-pattern-type prefixed \
  --group crm-pulse.pay.
