"""WebSub (W3C Recommendation of 2018-01-23): telling subscribers of feeds that there is something new."""
