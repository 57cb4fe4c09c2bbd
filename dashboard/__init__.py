"""What people look at: wall, grid worker, leader, reports; the web server and its API. Imported by nobody."""
