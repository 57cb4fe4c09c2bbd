"""What needs attention: detectors, rules, the life of alerts."""
