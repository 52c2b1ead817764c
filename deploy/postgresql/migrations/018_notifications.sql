-- Whom the home has still to tell of a transaction's end (asynchServerServer). A line goes when its provider has
-- acknowledged it, or when the home has given it up; both stand in audit_log.

CREATE TABLE notifications (
    transaction_id   text COLLATE "C" PRIMARY KEY REFERENCES transactions,
    acquiring_entity text COLLATE "C" NOT NULL,
    url              text COLLATE "C" NOT NULL CHECK (length(url) BETWEEN 1 AND 512),
    attempts         integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    due              timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX notifications_due ON notifications (acquiring_entity, due);

GRANT SELECT, INSERT, DELETE, UPDATE (attempts, due) ON notifications TO mssp_home;
