"""The forms feeds are delivered in: one module each, and what is looked at before any of them is read."""
