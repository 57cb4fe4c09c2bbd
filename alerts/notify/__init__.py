"""Who is told of an alert: routes as data, stages that decide with a reason, channels that send."""
