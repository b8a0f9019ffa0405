-- Time-based codes (RFC 6238: SHA-1, six digits, thirty seconds) from what PostgreSQL has built in. Its own sha1()
-- would come with pgcrypto, which not every server has; docs/decisions/0013-team.md says why SHA-1 all the same. All
-- operators on bits bind alike here, so each stands in parentheses.

CREATE OR REPLACE FUNCTION workbench_team.sha1(message bytea) RETURNS bytea  -- FIPS 180-4, 6.1.2
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    word_mask constant bigint := 4294967295;
    size constant bigint := octet_length(message);
    padded constant bytea := message || '\x80'::bytea
        || decode(repeat('00', mod(119 - mod(size, 64), 64)::int4), 'hex') || int8send(size * 8);
    w bigint[];
    h0 bigint := 1732584193; h1 bigint := 4023233417; h2 bigint := 2562383102; h3 bigint := 271733878;
    h4 bigint := 3285377520;
    a bigint; b bigint; c bigint; d bigint; e bigint; f bigint; k bigint; x bigint;
    at int4 := 0;
BEGIN
    WHILE at < octet_length(padded) LOOP
        FOR t IN 0..15 LOOP
            w[t] := (get_byte(padded, at)::bigint << 24) | (get_byte(padded, at + 1) << 16)
                | (get_byte(padded, at + 2) << 8) | get_byte(padded, at + 3);
            at := at + 4;
        END LOOP;
        FOR t IN 16..79 LOOP
            x := w[t - 3] # w[t - 8] # w[t - 14] # w[t - 16];
            w[t] := ((x << 1) | (x >> 31)) & word_mask;
        END LOOP;
        a := h0; b := h1; c := h2; d := h3; e := h4;
        FOR t IN 0..79 LOOP
            IF t < 20 THEN
                f := (b & c) | ((~b) & d); k := 1518500249;
            ELSIF t < 40 THEN
                f := b # c # d; k := 1859775393;
            ELSIF t < 60 THEN
                f := (b & c) | (b & d) | (c & d); k := 2400959708;
            ELSE
                f := b # c # d; k := 3395469782;
            END IF;
            x := (((a << 5) | (a >> 27)) & word_mask) + (f & word_mask) + e + k + w[t];
            e := d; d := c; c := ((b << 30) | (b >> 2)) & word_mask; b := a; a := x & word_mask;
        END LOOP;
        h0 := (h0 + a) & word_mask; h1 := (h1 + b) & word_mask; h2 := (h2 + c) & word_mask;
        h3 := (h3 + d) & word_mask; h4 := (h4 + e) & word_mask;
    END LOOP;
    RETURN substring(int8send(h0) FROM 5) || substring(int8send(h1) FROM 5) || substring(int8send(h2) FROM 5)
        || substring(int8send(h3) FROM 5) || substring(int8send(h4) FROM 5);
END $$;

CREATE OR REPLACE FUNCTION workbench_team.hmac_sha1(message bytea, key bytea) RETURNS bytea  -- RFC 2104
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    inner_pad bytea := decode(repeat('36', 64), 'hex');
    outer_pad bytea := decode(repeat('5c', 64), 'hex');
    short constant bytea := CASE WHEN octet_length(key) > 64 THEN workbench_team.sha1(key) ELSE key END;
BEGIN
    FOR i IN 0..octet_length(short) - 1 LOOP
        inner_pad := set_byte(inner_pad, i, get_byte(short, i) # 54);
        outer_pad := set_byte(outer_pad, i, get_byte(short, i) # 92);
    END LOOP;
    RETURN workbench_team.sha1(outer_pad || workbench_team.sha1(inner_pad || message));
END $$;

CREATE OR REPLACE FUNCTION workbench_team.code_at(step bigint, secret bytea) RETURNS int4  -- RFC 4226, 5.3
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    mac constant bytea := workbench_team.hmac_sha1(int8send(step), secret);
    place constant int4 := get_byte(mac, 19) & 15;
BEGIN
    RETURN mod(
        ((get_byte(mac, place) & 127) << 24) | (get_byte(mac, place + 1) << 16) | (get_byte(mac, place + 2) << 8)
            | get_byte(mac, place + 3),
        1000000);
END $$;
