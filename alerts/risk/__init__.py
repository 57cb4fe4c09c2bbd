"""Contradiction risk (矛盾风险点): where disputes are likely to escalate within a month; of places only."""
