"""How each provider tells of events, a file each: its webhook, its log, its lists."""
