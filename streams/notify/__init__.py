"""`crmpulse notify`: tells Alertmanager, webhooks and people of alerts, each target at its own pace."""
