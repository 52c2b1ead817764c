-- What several homes tell each other beside notifications.

SELECT 1;
