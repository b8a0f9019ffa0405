-- The gate (R08): half of what opens a passphrase's slot lies here, and is given out for a code alone. Guesses are
-- counted in sequences, which a ROLLBACK doesn't turn back, and before the code is looked at (A11, A12).

CREATE TABLE IF NOT EXISTS workbench_team.team_share (
    login name PRIMARY KEY REFERENCES workbench_team.team_member,
    secret bytea NOT NULL CHECK (octet_length(secret) = 20),  -- of the codes; 160 bits (RFC 4226, R6)
    share bytea NOT NULL CHECK (octet_length(share) = 32),
    is_active boolean NOT NULL DEFAULT false                  -- once a first code has held
);

CREATE OR REPLACE FUNCTION workbench_team.counted(what text, member bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    value bigint;
BEGIN
    EXECUTE format('SELECT last_value FROM workbench_team.%I', what || '_' || member) INTO value;
    RETURN value;
END $$;

CREATE OR REPLACE FUNCTION workbench_team.count_to(what text, member bigint, value bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN  -- setval, not nextval: that one runs ahead by 32 when the server crashes
    PERFORM setval(format('workbench_team.%I', what || '_' || member)::regclass, value);
END $$;

-- Seconds until the next guess: NIST SP 800-63B-4, 3.2.2.
CREATE OR REPLACE FUNCTION workbench_team.wait_after(failures bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN failures < 5 THEN 0 ELSE least(3600, 30 * (1 << least(failures - 5, 7)::int4)) END $$;

CREATE OR REPLACE FUNCTION workbench_team.random_bytes(size int4) RETURNS bytea  -- up to 32; each uuid brings 122 bits
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT substring(
        sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) FOR size)
$$;

CREATE OR REPLACE FUNCTION workbench_team.share_for(code text, active boolean) RETURNS bytea
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kept workbench_team.team_share;
    member constant bigint := (
        SELECT number FROM workbench_team.team_member WHERE login = session_user AND is_active);
    failures bigint; seconds bigint; last_step bigint; found_step bigint := 0; guess int4; difference int4;
BEGIN
    -- (1): whoever guesses on several connections at once waits here, each for the one before.
    SELECT * INTO kept FROM workbench_team.team_share WHERE login = session_user AND is_active = active FOR UPDATE;
    IF NOT FOUND OR member IS NULL THEN
        RETURN NULL;
    END IF;
    -- (2): too many, or too soon.
    failures := workbench_team.counted('failures', member);
    seconds := floor(extract(epoch FROM clock_timestamp()))::bigint;
    IF failures >= 100 OR seconds < workbench_team.counted('free_at', member) THEN
        RETURN NULL;
    END IF;
    -- (3): the guess is charged, whatever becomes of it.
    PERFORM workbench_team.count_to('failures', member, failures + 1);
    PERFORM workbench_team.count_to('free_at', member, seconds + workbench_team.wait_after(failures + 1));
    -- (4): this step, the one before and the one after; each is good once, and none before one that was used.
    guess := CASE WHEN code ~ '^[0-9]{6}$' THEN code::int4 ELSE -1 END;
    last_step := workbench_team.counted('step', member);
    FOR step IN seconds / 30 - 1 .. seconds / 30 + 1 LOOP
        difference := workbench_team.code_at(step, kept.secret) # guess;
        IF difference = 0 AND step > last_step THEN
            found_step := step;
        END IF;
    END LOOP;
    IF found_step = 0 THEN
        RETURN NULL;
    END IF;
    -- (5): used up, whatever becomes of the transaction.
    PERFORM workbench_team.count_to('step', member, found_step);
    PERFORM workbench_team.count_to('failures', member, 0);
    PERFORM workbench_team.count_to('free_at', member, 0);
    RETURN kept.share;
END $$;

CREATE OR REPLACE FUNCTION workbench_team.release_share(code text) RETURNS bytea  -- null for every refusal
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    released constant bytea := workbench_team.share_for(code, true);
BEGIN
    PERFORM workbench_team.note(
        'authn_share_released', CASE WHEN released IS NULL THEN 'failure' ELSE 'success' END, workbench_team.me());
    RETURN released;
END $$;

CREATE OR REPLACE FUNCTION workbench_team.enrol_share() RETURNS bytea  -- a secret for codes, shown this once
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    fresh constant bytea := workbench_team.random_bytes(20);
BEGIN
    INSERT INTO workbench_team.team_share AS kept (login, secret, share)
        SELECT login, fresh, workbench_team.random_bytes(32) FROM workbench_team.team_member
            WHERE login = session_user AND is_active
        ON CONFLICT (login) DO UPDATE SET secret = fresh WHERE NOT kept.is_active;  -- the share stays: slots need it
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    -- Counters of the secret before, whose codes are worth nothing now. No ROLLBACK turns this back: so not when an
    -- exchange is approved, which could be undone, but here, where it stands that there is no active one to guess at.
    PERFORM workbench_team.count_to(what, number, 0)
        FROM workbench_team.team_member, unnest('{step,failures,free_at}'::text[]) AS what WHERE login = session_user;
    PERFORM workbench_team.note('authn_share_enrolled', 'success', workbench_team.me());
    RETURN fresh;
END $$;

CREATE OR REPLACE FUNCTION workbench_team.activate_share(code text) RETURNS bytea
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    released constant bytea := workbench_team.share_for(code, false);
BEGIN
    UPDATE workbench_team.team_share SET is_active = true WHERE login = session_user AND released IS NOT NULL;
    PERFORM workbench_team.note(
        'authn_share_activated', CASE WHEN released IS NULL THEN 'failure' ELSE 'success' END, workbench_team.me());
    RETURN released;
END $$;

CREATE OR REPLACE FUNCTION workbench_team.share_state()  -- no row: none was ever enrolled
RETURNS TABLE (is_active boolean, failures bigint, wait bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT kept.is_active, workbench_team.counted('failures', member.number),
        greatest(0, workbench_team.counted('free_at', member.number)
            - floor(extract(epoch FROM clock_timestamp()))::bigint)
    FROM workbench_team.team_share AS kept JOIN workbench_team.team_member AS member USING (login)
    WHERE kept.login = session_user
$$;
