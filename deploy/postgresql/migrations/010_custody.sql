-- KEK versions, custodians, and the platform's own signing identity.

SELECT 1;
