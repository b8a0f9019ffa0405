-- Who the server takes for what. Roles that oversee others, and a second factor's exchange, take two people (R05); the
-- database's owner acts alone only as long as there is nobody else to ask.

CREATE TABLE IF NOT EXISTS workbench_team.team_role (
    login name NOT NULL REFERENCES workbench_team.team_member,
    role text NOT NULL CHECK (
        role IN ('researcher', 'analyst', 'educator', 'student', 'auditor', 'privacy officer', 'admin')),
    PRIMARY KEY (login, role)
);

CREATE TABLE IF NOT EXISTS workbench_team.team_request (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what text NOT NULL CHECK (what IN ('grant', 'revoke', 'rebind')),
    login name NOT NULL REFERENCES workbench_team.team_member,
    role text,
    requester name NOT NULL DEFAULT session_user,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    approver name,
    approved_at timestamptz
);

CREATE OR REPLACE FUNCTION workbench_team.roles_of(who name) RETURNS text[]  -- none of who was removed
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(role ORDER BY role), '{}')
    FROM workbench_team.team_role JOIN workbench_team.team_member USING (login) WHERE login = who AND is_active
$$;

CREATE OR REPLACE FUNCTION workbench_team.has_role(VARIADIC wanted text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT workbench_team.roles_of(session_user) && wanted $$;

CREATE OR REPLACE FUNCTION workbench_team.own_roles() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT workbench_team.roles_of(session_user) $$;

CREATE OR REPLACE FUNCTION workbench_team.may_ask(who name) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_has_role(who, 'workbench_owner', 'MEMBER')
        OR 'admin' = ANY (workbench_team.roles_of(who))
$$;

CREATE OR REPLACE FUNCTION workbench_team.may_approve(who name) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT workbench_team.may_ask(who)
        OR 'privacy officer' = ANY (workbench_team.roles_of(who))
$$;

CREATE OR REPLACE FUNCTION workbench_team.apply_change(change text, subject name, wanted text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    member workbench_team.team_member;
    held text[];
BEGIN
    SELECT * INTO member FROM workbench_team.team_member WHERE login = subject FOR UPDATE;
    IF NOT member.is_active THEN
        RAISE EXCEPTION USING ERRCODE = 'WB003';  -- removed since it was asked for
    END IF;
    IF change = 'rebind' THEN
        UPDATE workbench_team.team_share SET is_active = false, secret = workbench_team.random_bytes(20)
            WHERE login = subject;  -- the old one makes nothing active again; enrol_share begins to count anew
        PERFORM workbench_team.note('authn_share_rebound', 'success', member.account_id);
        RETURN;
    END IF;
    IF change = 'revoke' THEN
        DELETE FROM workbench_team.team_role WHERE login = subject AND role = wanted;
    ELSE
        INSERT INTO workbench_team.team_role (login, role) VALUES (subject, wanted) ON CONFLICT DO NOTHING;
        SELECT array_agg(role) INTO held FROM workbench_team.team_role WHERE login = subject;
        IF 'auditor' = ANY (held) AND held && '{admin,"privacy officer"}'
                OR 'admin' = ANY (held) AND held && '{researcher,educator,student}' THEN
            RAISE EXCEPTION USING ERRCODE = 'WB004';  -- whoever audits runs nothing, nor does who runs it compose (R04)
        END IF;
    END IF;
    PERFORM workbench_team.note('authz_role_changed', 'success', member.account_id);
END $$;

CREATE OR REPLACE FUNCTION workbench_team.ask_change(change text, subject name, wanted text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked bigint;
BEGIN
    IF NOT workbench_team.may_ask(session_user) THEN
        RAISE EXCEPTION USING ERRCODE = 'WB001';
    ELSIF subject = session_user THEN
        RAISE EXCEPTION USING ERRCODE = 'WB002';
    ELSIF NOT EXISTS (SELECT FROM workbench_team.team_member WHERE login = subject AND is_active) THEN
        RAISE EXCEPTION USING ERRCODE = 'WB003';
    END IF;
    IF change IN ('grant', 'revoke') AND wanted NOT IN ('auditor', 'privacy officer', 'admin')
        OR pg_has_role(session_user, 'workbench_owner', 'MEMBER') AND NOT EXISTS (
            SELECT FROM workbench_team.team_role
            WHERE role IN ('admin', 'privacy officer') AND login NOT IN (subject, session_user)) THEN
        PERFORM workbench_team.apply_change(change, subject, wanted);
        RETURN NULL;
    END IF;
    INSERT INTO workbench_team.team_request (what, login, role) VALUES (change, subject, wanted)
        RETURNING number INTO asked;
    PERFORM workbench_team.note(
        'authz_role_asked', 'success', (SELECT account_id FROM workbench_team.team_member WHERE login = subject));
    RETURN asked;
END $$;

CREATE OR REPLACE FUNCTION workbench_team.approve_change(wanted bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    request workbench_team.team_request;
BEGIN
    IF NOT workbench_team.may_approve(session_user) THEN
        RAISE EXCEPTION USING ERRCODE = 'WB001';
    END IF;
    SELECT * INTO request FROM workbench_team.team_request WHERE number = wanted AND approved_at IS NULL
        AND clock_timestamp() < asked_at + interval '30 minutes' FOR UPDATE;
    IF NOT FOUND OR NOT workbench_team.may_ask(request.requester) THEN
        RAISE EXCEPTION USING ERRCODE = 'WB003';
    ELSIF session_user IN (request.requester, request.login) THEN
        RAISE EXCEPTION USING ERRCODE = 'WB002';
    END IF;
    UPDATE workbench_team.team_request SET approver = session_user, approved_at = clock_timestamp()
        WHERE number = wanted;
    PERFORM workbench_team.apply_change(request.what, request.login, request.role);
END $$;

CREATE OR REPLACE FUNCTION workbench_team.open_requests()
RETURNS TABLE (number bigint, what text, login name, role text, requester name, seconds_left bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT workbench_team.may_approve(session_user) THEN
        RAISE EXCEPTION USING ERRCODE = 'WB001';
    END IF;
    RETURN QUERY SELECT asked.number, asked.what, asked.login, asked.role, asked.requester,
            floor(extract(epoch FROM asked.asked_at + interval '30 minutes' - clock_timestamp()))::bigint
        FROM workbench_team.team_request AS asked WHERE asked.approved_at IS NULL
            AND clock_timestamp() < asked.asked_at + interval '30 minutes' ORDER BY asked.number;
END $$;

CREATE OR REPLACE FUNCTION workbench_team.members()
RETURNS TABLE (login name, is_active boolean, has_account boolean, roles text[], share boolean, failures bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT (workbench_team.may_approve(session_user) OR workbench_team.has_role('auditor')) THEN
        RAISE EXCEPTION USING ERRCODE = 'WB001';
    END IF;
    RETURN QUERY SELECT one.login, one.is_active, one.account_id IS NOT NULL,
            ARRAY(SELECT held.role FROM workbench_team.team_role AS held WHERE held.login = one.login ORDER BY 1),
            (SELECT kept.is_active FROM workbench_team.team_share AS kept WHERE kept.login = one.login),
            workbench_team.counted('failures', one.number)
        FROM workbench_team.team_member AS one ORDER BY one.login;
END $$;
