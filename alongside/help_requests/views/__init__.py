"""Pages and endpoints of requests, by audience: `member` for devices without an account, `team` for supporters."""
