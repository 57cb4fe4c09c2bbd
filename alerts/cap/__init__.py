"""CAP 1.2 (OASIS Common Alerting Protocol, 1 July 2010): our alerts for others, alerts of others for us."""
