-- Which login is which account, and which vaults it may reach. A login is session_user, which no statement of a member
-- changes: neither SET ROLE nor a setting. Each function here runs with its owner's rights, and asks whose session it
-- is.

CREATE TABLE IF NOT EXISTS workbench_team.team (
    only_row int4 PRIMARY KEY CHECK (only_row = 1),
    version int4 NOT NULL
);

CREATE TABLE IF NOT EXISTS workbench_team.team_member (
    login name PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,    -- names the member's counters
    account_id bytea UNIQUE REFERENCES workbench.account, -- null until the member makes one; then it stays
    is_active boolean NOT NULL DEFAULT true               -- false once the member was removed
);

CREATE OR REPLACE FUNCTION workbench_team.run(command text, VARIADIC words text[]) RETURNS void  -- as its caller
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(command, VARIADIC words);  -- which quotes whatever a login is called
END $$;

CREATE OR REPLACE FUNCTION workbench_team.is_member() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT EXISTS (SELECT FROM workbench_team.team_member WHERE login = session_user AND is_active) $$;

CREATE OR REPLACE FUNCTION workbench_team.me() RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT account_id FROM workbench_team.team_member WHERE login = session_user AND is_active $$;

CREATE OR REPLACE FUNCTION workbench_team.own_vaults() RETURNS bytea[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(array_agg(vault_id), '{}') FROM workbench.vault WHERE owner_id = workbench_team.me() $$;

CREATE OR REPLACE FUNCTION workbench_team.granted_vaults() RETURNS bytea[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(vault_id), '{}') FROM (
        SELECT vault_id FROM workbench.vault WHERE owner_id = workbench_team.me()
        UNION SELECT vault_id FROM workbench.vault_grant WHERE account_id = workbench_team.me()
    ) AS granted
$$;

CREATE TABLE IF NOT EXISTS workbench_team.team_role (
    login name NOT NULL REFERENCES workbench_team.team_member,
    role text NOT NULL CHECK (
        role IN ('researcher', 'analyst', 'educator', 'student', 'auditor', 'privacy officer', 'admin')),
    PRIMARY KEY (login, role)
);

CREATE OR REPLACE FUNCTION workbench_team.roles_of(who name) RETURNS text[]  -- none of who was removed
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(role ORDER BY role), '{}')
    FROM workbench_team.team_role JOIN workbench_team.team_member USING (login) WHERE login = who AND is_active
$$;

-- Break-glass (R06): a vault that a privacy officer and an admin have lent, each for an hour at most; to be read alone.

CREATE TABLE IF NOT EXISTS workbench_team.team_loan (
    vault_id bytea NOT NULL REFERENCES workbench.vault,
    account_id bytea NOT NULL REFERENCES workbench.account,  -- who may read
    lender name NOT NULL DEFAULT session_user REFERENCES workbench_team.team_member,
    role text NOT NULL CHECK (role IN ('privacy officer', 'admin')),
    until timestamptz NOT NULL,
    PRIMARY KEY (vault_id, account_id, lender)
);

CREATE OR REPLACE FUNCTION workbench_team.lent_vaults() RETURNS bytea[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(DISTINCT one.vault_id), '{}')
    FROM workbench_team.team_loan AS one JOIN workbench_team.team_loan AS other USING (vault_id, account_id)
    WHERE account_id = workbench_team.me() AND one.role = 'privacy officer' AND other.role = 'admin'
        AND one.lender <> other.lender AND clock_timestamp() < least(one.until, other.until)
        AND one.role = ANY (workbench_team.roles_of(one.lender))  -- who lost the role lends no more (R03)
        AND other.role = ANY (workbench_team.roles_of(other.lender))
$$;

CREATE OR REPLACE FUNCTION workbench_team.reachable_vaults() RETURNS bytea[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT workbench_team.granted_vaults() || workbench_team.lent_vaults() $$;

CREATE OR REPLACE FUNCTION workbench_team.numbers_of(vaults bytea[]) RETURNS bigint[]  -- for the two below
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(array_agg(number), '{}') FROM workbench.vault WHERE vault_id = ANY (vaults) $$;

CREATE OR REPLACE FUNCTION workbench_team.own_numbers() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT workbench_team.numbers_of(workbench_team.own_vaults()) $$;

CREATE OR REPLACE FUNCTION workbench_team.reachable_numbers() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT workbench_team.numbers_of(workbench_team.reachable_vaults()) $$;

CREATE OR REPLACE FUNCTION workbench_team.scope() RETURNS bytea  -- the beginning of the tags of counted guesses
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT substring(sha256(convert_to(session_user::text, 'UTF8')) FOR 16) $$;

-- What a member learns of others: the number that the next vault follows, whose a name is, and the keys to grant a
-- vault to them.

CREATE OR REPLACE FUNCTION workbench_team.may_look() RETURNS boolean  -- who was removed may not; for the two below
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT workbench_team.is_member() OR pg_has_role(session_user, 'workbench_owner', 'MEMBER') $$;

CREATE OR REPLACE FUNCTION workbench_team.highest_vault_number() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(max(number), 0) FROM workbench.vault $$;

CREATE OR REPLACE FUNCTION workbench_team.public_keys_of(wanted bytea) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT public_keys FROM workbench.account WHERE account_id = wanted AND workbench_team.may_look() $$;

CREATE OR REPLACE FUNCTION workbench_team.account_of(tag bytea) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT account_id FROM workbench.account WHERE name_tag = tag AND workbench_team.may_look() $$;

-- A member's first account is theirs from then on. Whoever is no member (a restore, by the database's owner) binds
-- none.

CREATE OR REPLACE FUNCTION workbench_team.bind_account() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE workbench_team.team_member SET account_id = NEW.account_id
        WHERE login = session_user AND account_id IS NULL AND is_active;
    -- An account is shown to others by the first 4 bytes of its id: nobody chooses another's.
    IF workbench_team.is_member() AND (NOT FOUND OR octet_length(NEW.account_id) <> 16 OR EXISTS (
            SELECT FROM workbench.account WHERE account_id <> NEW.account_id
                AND substring(account_id FOR 4) = substring(NEW.account_id FOR 4))) THEN
        RAISE EXCEPTION USING ERRCODE = 'WB002';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER bind_account AFTER INSERT ON workbench.account
    FOR EACH ROW EXECUTE FUNCTION workbench_team.bind_account();
