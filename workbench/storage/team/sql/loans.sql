-- Who may lend a vault (R06): a privacy officer or an admin to whom its owner has granted it, to a researcher or an
-- educator. What the lender sends beside it is half of the vault's key; the server has no part in that.

CREATE OR REPLACE FUNCTION workbench_team.lend(wanted bytea, borrower bytea, seconds bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    as_role constant text := CASE WHEN workbench_team.has_role('privacy officer') THEN 'privacy officer'
        WHEN workbench_team.has_role('admin') THEN 'admin' END;
BEGIN
    IF as_role IS NULL OR NOT workbench_team.is_member() THEN
        RAISE EXCEPTION USING ERRCODE = 'WB001';
    ELSIF NOT EXISTS (
            SELECT FROM workbench.vault JOIN workbench.vault_grant USING (vault_id)
            WHERE vault_id = wanted AND account_id = workbench_team.me()
                AND owner_id NOT IN (workbench_team.me(), borrower))
        OR borrower = workbench_team.me() OR seconds NOT BETWEEN 1 AND 3600
        OR NOT EXISTS (
            SELECT FROM workbench_team.team_member JOIN workbench_team.team_role USING (login)
            WHERE account_id = borrower AND is_active AND role IN ('researcher', 'educator')) THEN
        RAISE EXCEPTION USING ERRCODE = 'WB002';
    END IF;
    DELETE FROM workbench_team.team_loan WHERE until < clock_timestamp();
    INSERT INTO workbench_team.team_loan (vault_id, account_id, role, until)
        VALUES (wanted, borrower, as_role, clock_timestamp() + seconds * interval '1 second')
        ON CONFLICT (vault_id, account_id, lender) DO UPDATE SET role = excluded.role, until = excluded.until;
    PERFORM workbench_team.note('break_glass_lent', 'success', borrower);
END $$;
