"""What people do about it: the life of incidents, visits, service items, approvals."""
