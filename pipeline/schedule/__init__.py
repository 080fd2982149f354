"""When things happen: jobs at the slots of their cron expressions, in threads of this process."""
