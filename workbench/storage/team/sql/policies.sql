-- Which rows and columns a member reaches. All else is refused: a table that isn't named here, too.
-- What the database's owner granted before counts no more.

CREATE OR REPLACE FUNCTION workbench_team.close(kind text, called text, granted aclitem[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    grantee oid;
BEGIN
    IF kind <> 'SEQUENCE' OR NOT EXISTS (  -- a column's own follows its table
        SELECT FROM pg_depend WHERE objid = called::regclass AND deptype IN ('i', 'a')) THEN
        EXECUTE format('ALTER %s %s OWNER TO workbench_owner', kind, called);
    END IF;
    EXECUTE format('REVOKE ALL ON %s %s FROM PUBLIC', kind, called);
    FOR grantee IN
        SELECT DISTINCT held.grantee FROM aclexplode(granted) AS held
        WHERE held.grantee NOT IN (0, 'workbench_owner'::regrole)
    LOOP
        EXECUTE format('REVOKE ALL ON %s %s FROM %s CASCADE', kind, called, grantee::regrole);
    END LOOP;
END $$;

DO $$
DECLARE
    found record; policy name;
BEGIN
    FOR found IN
        SELECT relation.oid, format('%I.%I', nspname, relname) AS called,
            nullif(coalesce(relacl, '{}') || ARRAY(
                SELECT unnest(attacl) FROM pg_catalog.pg_attribute WHERE attrelid = relation.oid), '{}') AS granted
        FROM pg_catalog.pg_class AS relation JOIN pg_catalog.pg_namespace AS place ON place.oid = relnamespace
        WHERE nspname IN ('workbench', 'workbench_team') AND relkind IN ('r', 'p', 'v', 'm', 'f')
    LOOP
        PERFORM workbench_team.close('TABLE', found.called, found.granted);
        -- Of a view, which no policy binds, this fails.
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', found.called);
        FOR policy IN SELECT polname FROM pg_catalog.pg_policy WHERE polrelid = found.oid LOOP
            EXECUTE format('DROP POLICY %I ON %s', policy, found.called);
        END LOOP;
        -- The functions of the team run as this role, which nobody logs in as.
        EXECUTE format('CREATE POLICY owner ON %s TO workbench_owner USING (true) WITH CHECK (true)', found.called);
    END LOOP;
    PERFORM workbench_team.close('SEQUENCE', format('%I.%I', nspname, relname), relacl)
        FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace AS place ON place.oid = relnamespace
        WHERE nspname IN ('workbench', 'workbench_team') AND relkind = 'S';
    PERFORM workbench_team.close('FUNCTION', made.oid::regprocedure::text, proacl)
        FROM pg_catalog.pg_proc AS made JOIN pg_catalog.pg_namespace AS place ON place.oid = pronamespace
        WHERE nspname = 'workbench_team';
    PERFORM workbench_team.close('SCHEMA', quote_ident(nspname), nspacl)
        FROM pg_catalog.pg_namespace WHERE nspname IN ('workbench', 'workbench_team');
END $$;

GRANT USAGE ON SCHEMA workbench, workbench_team TO workbench_member;

GRANT SELECT ON workbench.store TO workbench_member;
CREATE POLICY seen ON workbench.store FOR SELECT TO workbench_member USING ((SELECT workbench_team.is_member()));

GRANT SELECT, INSERT, UPDATE (public_keys, wrapped_keys) ON workbench.account TO workbench_member;
CREATE POLICY seen ON workbench.account FOR SELECT TO workbench_member
    USING (account_id = (SELECT workbench_team.me()));
CREATE POLICY made ON workbench.account FOR INSERT TO workbench_member
    WITH CHECK ((SELECT workbench_team.is_member()) AND (SELECT workbench_team.me()) IS NULL);
CREATE POLICY changed ON workbench.account FOR UPDATE TO workbench_member
    USING (account_id = (SELECT workbench_team.me()));

GRANT SELECT, INSERT, DELETE ON workbench.slot TO workbench_member;
CREATE POLICY own ON workbench.slot TO workbench_member USING (account_id = (SELECT workbench_team.me()));

GRANT SELECT, INSERT, UPDATE (sealed), DELETE ON workbench.session TO workbench_member;
CREATE POLICY own ON workbench.session TO workbench_member USING (account_id = (SELECT workbench_team.me()));

-- A tag begins with its login's digest, so that nobody counts guesses for anybody else.
GRANT SELECT, INSERT, UPDATE, DELETE ON workbench.throttle TO workbench_member;
CREATE POLICY own ON workbench.throttle TO workbench_member
    USING ((SELECT workbench_team.is_member()) AND substring(tag FOR 16) = (SELECT workbench_team.scope()));

GRANT SELECT, INSERT, DELETE ON workbench.letter TO workbench_member;
CREATE POLICY sent ON workbench.letter FOR INSERT TO workbench_member WITH CHECK ((SELECT workbench_team.is_member()));
CREATE POLICY received ON workbench.letter FOR SELECT TO workbench_member
    USING (account_id = (SELECT workbench_team.me()));
CREATE POLICY taken ON workbench.letter FOR DELETE TO workbench_member
    USING (account_id = (SELECT workbench_team.me()));

-- Its trigger says who may write one.
GRANT SELECT, INSERT, UPDATE (serial, packed) ON workbench.standing TO workbench_member;
CREATE POLICY every ON workbench.standing TO workbench_member USING ((SELECT workbench_team.is_member()));

GRANT SELECT, INSERT, UPDATE (epoch, renewing, members) ON workbench.vault TO workbench_member;
CREATE POLICY seen ON workbench.vault FOR SELECT TO workbench_member
    USING (vault_id = ANY ((SELECT workbench_team.reachable_vaults())::bytea[]));
CREATE POLICY made ON workbench.vault FOR INSERT TO workbench_member WITH CHECK (
    owner_id = (SELECT workbench_team.me()) AND number = workbench_team.highest_vault_number() + 1);
CREATE POLICY changed ON workbench.vault FOR UPDATE TO workbench_member
    USING (owner_id = (SELECT workbench_team.me()));

GRANT SELECT, INSERT, DELETE ON workbench.vault_grant TO workbench_member;
CREATE POLICY seen ON workbench.vault_grant FOR SELECT TO workbench_member USING (
    account_id = (SELECT workbench_team.me()) OR vault_id = ANY ((SELECT workbench_team.own_vaults())::bytea[]));
CREATE POLICY made ON workbench.vault_grant FOR INSERT TO workbench_member
    WITH CHECK (vault_id = ANY ((SELECT workbench_team.own_vaults())::bytea[]));
CREATE POLICY taken ON workbench.vault_grant FOR DELETE TO workbench_member
    USING (vault_id = ANY ((SELECT workbench_team.own_vaults())::bytea[]));

-- Whom a vault is granted to reads. What they may do beside that stands sealed in the grant, where no policy looks; and
-- a row that doesn't follow, in a share or in a log, would keep its owner from signing in. So owners alone write.
GRANT SELECT, INSERT, UPDATE (epoch, first_place, last_place, wrapped), DELETE ON workbench.data_key
    TO workbench_member;
CREATE POLICY seen ON workbench.data_key FOR SELECT TO workbench_member
    USING (vault_id = ANY ((SELECT workbench_team.reachable_vaults())::bytea[]));
CREATE POLICY made ON workbench.data_key FOR INSERT TO workbench_member
    WITH CHECK (vault_id = ANY ((SELECT workbench_team.own_vaults())::bytea[]));
CREATE POLICY changed ON workbench.data_key FOR UPDATE TO workbench_member
    USING (vault_id = ANY ((SELECT workbench_team.own_vaults())::bytea[]));
CREATE POLICY taken ON workbench.data_key FOR DELETE TO workbench_member
    USING (vault_id = ANY ((SELECT workbench_team.own_vaults())::bytea[]));

-- A row of a log is emptied, or sealed again, and never removed.
GRANT SELECT, INSERT, UPDATE (record_id, key_id, version, sealed) ON workbench.record TO workbench_member;
CREATE POLICY seen ON workbench.record FOR SELECT TO workbench_member
    USING (place >> 40 = ANY ((SELECT workbench_team.reachable_numbers())::bigint[]));
CREATE POLICY made ON workbench.record FOR INSERT TO workbench_member
    WITH CHECK (place >> 40 = ANY ((SELECT workbench_team.own_numbers())::bigint[]));
CREATE POLICY changed ON workbench.record FOR UPDATE TO workbench_member
    USING (place >> 40 = ANY ((SELECT workbench_team.own_numbers())::bigint[]));

GRANT SELECT, INSERT, UPDATE (size, frontier, note) ON workbench.checkpoint TO workbench_member;
CREATE POLICY seen ON workbench.checkpoint FOR SELECT TO workbench_member
    USING (vault_id = ANY ((SELECT workbench_team.reachable_vaults())::bytea[]));
CREATE POLICY made ON workbench.checkpoint FOR INSERT TO workbench_member
    WITH CHECK (vault_id = ANY ((SELECT workbench_team.own_vaults())::bytea[]));
CREATE POLICY changed ON workbench.checkpoint FOR UPDATE TO workbench_member
    USING (vault_id = ANY ((SELECT workbench_team.own_vaults())::bytea[]));

GRANT SELECT, INSERT, DELETE ON workbench.cache TO workbench_member;
CREATE POLICY seen ON workbench.cache FOR SELECT TO workbench_member
    USING (vault_id = ANY ((SELECT workbench_team.reachable_vaults())::bytea[]));
CREATE POLICY made ON workbench.cache FOR INSERT TO workbench_member
    WITH CHECK (vault_id = ANY ((SELECT workbench_team.own_vaults())::bytea[]));
CREATE POLICY taken ON workbench.cache FOR DELETE TO workbench_member
    USING (vault_id = ANY ((SELECT workbench_team.own_vaults())::bytea[]));

GRANT INSERT (event, outcome, subject) ON workbench_team.audit_event TO workbench_member;
CREATE POLICY added ON workbench_team.audit_event FOR INSERT TO workbench_member
    WITH CHECK (who = session_user AND (SELECT workbench_team.is_member()));

-- Of the functions, those that a policy asks and those that a member calls; of the others, none.
GRANT EXECUTE ON FUNCTION
    workbench_team.is_member(), workbench_team.me(), workbench_team.scope(), workbench_team.own_vaults(),
    workbench_team.granted_vaults(), workbench_team.reachable_vaults(), workbench_team.own_numbers(),
    workbench_team.reachable_numbers(), workbench_team.lend(bytea, bytea, bigint),
    workbench_team.highest_vault_number(), workbench_team.public_keys_of(bytea), workbench_team.account_of(bytea),
    workbench_team.own_roles(), workbench_team.release_share(text), workbench_team.enrol_share(),
    workbench_team.activate_share(text), workbench_team.share_state(), workbench_team.ask_change(text, name, text),
    workbench_team.approve_change(bigint), workbench_team.open_requests(), workbench_team.members(),
    workbench_team.audit_events(bigint, bigint)
TO workbench_member;
