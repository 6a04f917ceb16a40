"""The bank by business area: each file has its handlers and its rows of the route table, `ROUTES`."""
