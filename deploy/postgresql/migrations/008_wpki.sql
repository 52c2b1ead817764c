-- What the WPKI profile keeps of each card beside its counters.

SELECT 1;
