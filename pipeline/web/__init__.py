"""What Rundbrief shows over HTTP: the feeds, and the pages that links in mails lead to."""
