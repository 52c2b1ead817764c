-- What was asked, shown, signed and checked: sealed, with a retention of its own.

SELECT 1;
