"""Signing in and out: one plain page that works on a phone, without scripts."""
