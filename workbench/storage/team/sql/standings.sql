-- Who may write a standing, and with which roles. Its signatures are for those who read it; the server looks at the
-- roles in it, and takes none that the member wasn't granted here. So nobody calls themselves an admin, in their first
-- one either. Who may change what is the table of roles' row role:grant, as check_granter in identity/standing.py has
-- it; a test asks both.

DROP FUNCTION IF EXISTS workbench_team.standing_in(bytea);  -- an earlier one told less
CREATE OR REPLACE FUNCTION workbench_team.standing_in(
    packed bytea, OUT account_id bytea, OUT serial bigint, OUT roles text[], OUT is_active boolean
)
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE  -- [2, [2, account id, serial, [role's number ...], ...] as bytes, ...] in MessagePack; docs/format.md
    head constant bytea := '\x9702c410'::bytea;
    numbered constant text[] := '{owner,researcher,analyst,educator,student,auditor,"privacy officer",admin}';
    at int4; size int4; count int4;
BEGIN
    at := CASE substring(packed FOR 3) WHEN '\x9402c4' THEN 4 WHEN '\x9402c5' THEN 5 END;
    IF at IS NULL OR substring(packed FROM at + 1 FOR 4) <> head THEN
        RAISE EXCEPTION USING ERRCODE = 'WB002';
    END IF;
    account_id := substring(packed FROM at + 5 FOR 16);
    at := at + 20;
    size := CASE get_byte(packed, at) WHEN 204 THEN 1 WHEN 205 THEN 2 WHEN 206 THEN 4 ELSE 0 END;
    serial := CASE WHEN size = 0 THEN get_byte(packed, at) ELSE 0 END;
    FOR i IN 1..size LOOP
        serial := serial << 8 | get_byte(packed, at + i);
    END LOOP;
    at := at + 1 + size;
    count := get_byte(packed, at) - 144;
    roles := '{}';
    at := at + 1;
    FOR i IN 1..count LOOP  -- one that the table doesn't number becomes null, which is granted to nobody
        roles := roles || numbered[get_byte(packed, at)];
        at := at + 1;
    END LOOP;
    IF count NOT BETWEEN 0 AND 15 OR get_byte(packed, at) NOT IN (194, 195) THEN
        RAISE EXCEPTION USING ERRCODE = 'WB002';  -- what follows the roles is a boolean
    END IF;
    is_active := get_byte(packed, at) = 195;
END $$;

CREATE OR REPLACE FUNCTION workbench_team.check_standing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    said record;
    granted text[];
    before record;
BEGIN
    IF NOT workbench_team.is_member() THEN
        RETURN NEW;  -- a restore, by the database's owner
    END IF;
    said := workbench_team.standing_in(NEW.packed);
    granted := ARRAY(
        SELECT role FROM workbench_team.team_role JOIN workbench_team.team_member USING (login)
        WHERE account_id = NEW.account_id);
    IF said.account_id <> NEW.account_id OR said.serial <> NEW.serial OR NOT said.roles <@ granted THEN
        RAISE EXCEPTION USING ERRCODE = 'WB002';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.serial <> 1 OR NEW.account_id IS DISTINCT FROM workbench_team.me() THEN
            RAISE EXCEPTION USING ERRCODE = 'WB002';
        END IF;
        RETURN NEW;
    END IF;
    before := workbench_team.standing_in(OLD.packed);
    IF NEW.serial <> OLD.serial + 1 OR NEW.account_id = workbench_team.me() THEN
        RAISE EXCEPTION USING ERRCODE = 'WB002';
    END IF;
    -- An educator makes students, and disables who is nothing else.
    IF NOT workbench_team.has_role('admin') AND NOT (
            workbench_team.has_role('educator')
            AND array_remove(said.roles, 'student') <@ before.roles
            AND array_remove(before.roles, 'student') <@ said.roles
            AND (said.is_active = before.is_active OR (before.roles || said.roles) <@ '{student}')) THEN
        RAISE EXCEPTION USING ERRCODE = 'WB001';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_standing BEFORE INSERT OR UPDATE ON workbench.standing
    FOR EACH ROW EXECUTE FUNCTION workbench_team.check_standing();
