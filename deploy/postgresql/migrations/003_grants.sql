-- What the service may do: no more than its statements need. No DELETE, no TRUNCATE, no DDL; the audit only grows.

DO $$
BEGIN
    -- Everybody may connect and make temporary tables by default.
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO mssp_home', current_database());
END
$$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

GRANT USAGE ON SCHEMA public TO mssp_home;
GRANT SELECT ON schema_migrations TO mssp_home;
GRANT SELECT, INSERT ON cards, card_keys TO mssp_home;
GRANT SELECT, INSERT ON card_counters TO mssp_home;
GRANT UPDATE (packet, frame, uplink) ON card_counters TO mssp_home;
GRANT SELECT, INSERT ON mobile_users TO mssp_home;
GRANT UPDATE (state) ON mobile_users TO mssp_home;
GRANT SELECT, INSERT ON user_keys TO mssp_home;
GRANT UPDATE (algorithm, public_key, certificate) ON user_keys TO mssp_home;
GRANT SELECT, INSERT ON transactions TO mssp_home;
GRANT UPDATE (running, status, fault, fault_specifier, fault_detail, result, ended) ON transactions TO mssp_home;
GRANT INSERT ON audit_log TO mssp_home;
