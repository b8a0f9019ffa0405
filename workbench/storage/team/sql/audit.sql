-- What the server notes itself, and what members note: a line can be added and never changed, and says truly who and
-- when.

CREATE TABLE IF NOT EXISTS workbench_team.audit_word (word text PRIMARY KEY);

INSERT INTO workbench_team.audit_word (word) VALUES
    ('authn_login_fail'), ('authn_login_lock'), ('authn_login_success'), ('authn_recovery_code_used'),
    ('authn_share_activated'), ('authn_share_enrolled'), ('authn_share_rebound'), ('authn_share_released'),
    ('authz_fail'), ('authz_role_asked'), ('authz_role_changed'), ('audit_read'), ('break_glass_lent'), ('sensitive_read'),
    ('session_locked'), ('sys_team_set_up'), ('user_created'), ('user_removed')
ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS workbench_team.audit_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who name NOT NULL DEFAULT session_user,
    event text NOT NULL REFERENCES workbench_team.audit_word,
    outcome text NOT NULL CHECK (outcome IN ('success', 'failure')),
    subject bytea CHECK (octet_length(subject) = 16)  -- an opaque id
);

CREATE OR REPLACE FUNCTION workbench_team.note(what text, how text, whom bytea) RETURNS void  -- for the functions here
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ INSERT INTO workbench_team.audit_event (event, outcome, subject) VALUES (what, how, whom) $$;

CREATE OR REPLACE FUNCTION workbench_team.audit_events(later_than bigint, most bigint)
RETURNS TABLE (id bigint, at timestamptz, who name, event text, outcome text, subject bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT workbench_team.has_role('auditor', 'privacy officer') THEN
        RAISE EXCEPTION USING ERRCODE = 'WB001';
    END IF;
    PERFORM workbench_team.note('audit_read', 'success', NULL);
    RETURN QUERY SELECT kept.id, kept.at, kept.who, kept.event, kept.outcome, kept.subject
        FROM workbench_team.audit_event AS kept WHERE kept.id > later_than ORDER BY kept.id LIMIT most;
END $$;
