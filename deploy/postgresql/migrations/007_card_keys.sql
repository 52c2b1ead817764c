-- What a card's keys are: pending, active, accepted, retired or destroyed.

SELECT 1;
