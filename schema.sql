-- Anteroom's durable state, and the first document to read.
--
-- Conventions: `bigint` keys inside, random public ids outside (a public id is a name, never a defence: rights are
-- checked, see people/access.py, and rows of another organization do not exist for the app role, see "Roles" below).
-- Every tenant table bears organization_id, and its foreign keys are composite with it, because foreign key checks
-- look behind row-level security and would otherwise let a row point into another organization.
-- All times are timestamptz; `clock_now()` alone says what time it is.

-- Roles ------------------------------------------------------------------------------------------------------------
-- owner    runs this file and the migrations; nothing at run time connects as it.
-- app      serves people; row-level security shows it one organization at a time, set by records.database.transaction.
-- system   has no tenant yet: sign-in, the listener and the workers; it is granted only the columns that these need.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'anteroom_app') THEN
        CREATE ROLE anteroom_app LOGIN NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'anteroom_system') THEN
        CREATE ROLE anteroom_system LOGIN NOBYPASSRLS;
    END IF;
END $$;

CREATE TABLE schema_version (
    fingerprint text PRIMARY KEY,               -- SHA-256 of this file as it was applied
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- The tenant of the running transaction; NULL (so: no row anywhere) where none is set.
CREATE FUNCTION tenant() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('anteroom.organization', true), '')::bigint;

-- The only clock. statement_timestamp() rather than now(): it moves on inside a transaction, so that a row read after
-- a commit bears a later time than one read before it. Tests move it with the setting anteroom.clock_offset.
CREATE FUNCTION clock_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    RETURN statement_timestamp() + coalesce(nullif(current_setting('anteroom.clock_offset', true), ''), '0')::interval;

CREATE FUNCTION random_id() RETURNS text LANGUAGE sql VOLATILE
    RETURN translate(gen_random_uuid()::text, '-', '');

-- A name as lists order and search it: without case and accents, so that "muller" finds Müller.
CREATE FUNCTION folded(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(normalize(lower(name), NFD), U&'[\0300-\036F]', '', 'g');

-- Whether a search (folded) finds somebody who signed up: their last name, first name or address begins so, or "last, first".
CREATE FUNCTION begins_so(low text, name text, last_name text, first_name text, email text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN low = '' OR starts_with(folded(coalesce(last_name || ', ' || first_name, name)), low)
        OR starts_with(folded(name), low) OR starts_with(email, low);

-- Who ----------------------------------------------------------------------------------------------------------------
CREATE TYPE account_state AS ENUM ('unverified', 'pending', 'active', 'inactive');     -- A-01
CREATE TYPE role_name AS ENUM ('organization_administrator', 'department_administrator', 'care_coordinator',
                               'practitioner', 'scheduler', 'client');

-- `by_practitioner`: open, and whoever chooses a practitioner when they register needs no other approval (A-01).
CREATE TYPE registration_mode AS ENUM ('open', 'by_practitioner', 'invite_only');

CREATE TABLE organization (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,62}$'),              -- R-020: its own address
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    time_zone text NOT NULL DEFAULT 'UTC',
    currency text NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$'),
    billing_text text NOT NULL DEFAULT '' CHECK (length(billing_text) <= 1000),       -- on invoices below the name: address, tax number
    requests_open boolean NOT NULL DEFAULT false,                                      -- A-25: an administrator switches it on
    registration registration_mode NOT NULL DEFAULT 'open',                            -- A-06
    -- What the portal has (R-133, R-134): the first two for every practitioner (R-130), the others for those with a seat (R-135).
    portal_forms boolean NOT NULL DEFAULT true,
    portal_payments boolean NOT NULL DEFAULT true,
    portal_messages boolean NOT NULL DEFAULT false,
    portal_scheduling boolean NOT NULL DEFAULT false,
    last_request_number bigint NOT NULL DEFAULT 0,                                     -- R-103 counts per organization
    created_at timestamptz NOT NULL DEFAULT clock_now()
);

CREATE TABLE department (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organization,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, name)
);

-- Who signs in, staff and clients alike. A client's file is another table (A-24).
CREATE TABLE account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organization,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    username text NOT NULL CHECK (username = lower(username) AND length(username) BETWEEN 1 AND 100),
    email text NOT NULL CHECK (email = lower(email) AND email LIKE '_%@_%'),           -- A-07: either signs in
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    password_hash text,                                                                -- argon2id; NULL until defined
    totp_secret text,                                                                  -- RFC 6238; NULL: no second factor
    totp_step bigint,                                                                  -- the last step used: a code counts once
    state account_state NOT NULL DEFAULT 'unverified',
    time_zone text,                                                                    -- IANA; NULL: as the browser says
    unwanted_mail text[] NOT NULL DEFAULT '{}',                                        -- kinds that this person switched off (R-024)
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    hides_first_steps boolean NOT NULL DEFAULT false,                                  -- an administrator wants them on the dashboard no more
    -- All that the app role may know of the password: whether its owner has set the account up.
    has_password boolean NOT NULL GENERATED ALWAYS AS (password_hash IS NOT NULL) STORED,
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, username),
    UNIQUE (organization_id, email)                                                    -- R-042
);
CREATE INDEX account_pending ON account (organization_id, created_at) WHERE state = 'pending';

CREATE TABLE account_role (
    organization_id bigint NOT NULL,
    account_id bigint NOT NULL,
    role role_name NOT NULL,
    department_id bigint,                       -- NULL: in the whole organization
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, department_id) REFERENCES department (organization_id, id),
    UNIQUE NULLS NOT DISTINCT (account_id, role, department_id)
);

-- Who of the staff has a place in the portal's subscription (R-131, R-132; A-18), and who may invite although no
-- administrator (R-007, A-02). No row: neither.
CREATE TABLE portal_seat (
    account_id bigint PRIMARY KEY,
    organization_id bigint NOT NULL,
    subscribed boolean NOT NULL DEFAULT false,
    may_invite boolean NOT NULL DEFAULT false,
    changed_at timestamptz NOT NULL DEFAULT clock_now(),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- Whether this account uses a place: nobody who left does, nor who works here no more.
CREATE FUNCTION has_seat(account bigint) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM portal_seat JOIN account AS person ON person.id = portal_seat.account_id
        WHERE portal_seat.account_id = has_seat.account AND portal_seat.subscribed AND person.state <> 'inactive'
          AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = person.id AND role <> 'client')
    );

-- Whether clients find this feature with this member of the staff: its switch is on, and for messages and scheduling there is
-- a seat too (R-130, R-131, R-135). The rule of is_entitled in people/entitlements.py, for lists.
CREATE FUNCTION portal_offers(feature text, staff bigint) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM account JOIN organization ON organization.id = account.organization_id
        WHERE account.id = portal_offers.staff AND CASE portal_offers.feature
            WHEN 'forms' THEN portal_forms
            WHEN 'payments' THEN portal_payments
            WHEN 'messages' THEN portal_messages AND has_seat(account.id)
            WHEN 'scheduling' THEN portal_scheduling AND has_seat(account.id)
            END
    );

-- One-time codes for somebody whose second factor is lost; only their SHA-256 is kept.
CREATE TABLE recovery_code (
    organization_id bigint NOT NULL,
    account_id bigint NOT NULL,
    code_hash bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (account_id, code_hash),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- A signed-in browser. The cookie's token is random; only its SHA-256 is kept.
CREATE TABLE sign_in (
    token_hash bytea PRIMARY KEY,
    organization_id bigint NOT NULL,
    account_id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    seen_at timestamptz NOT NULL DEFAULT clock_now(),
    expires_at timestamptz NOT NULL,
    browser text NOT NULL DEFAULT '' CHECK (length(browser) <= 60),                    -- e.g. Chrome on Windows, for its owner
    public_id text NOT NULL UNIQUE DEFAULT random_id(),                                -- by which its owner ends it; opens nothing
    session_id bigint,                          -- came by a direct link: may visit that session and nothing else (A-15)
    link_hash bytea,                            -- that link; with its end this sign-in ends (link_stands)
    device_hash bytea,                          -- SHA-256 of the browser's device cookie, where it came by link
    other_device boolean NOT NULL DEFAULT false, -- the link had been opened in another browser before: the host is told
    CHECK ((session_id IS NULL) = (link_hash IS NULL)),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- Somebody whose password was right and whose second factor is still to come. Its token signs nobody in.
CREATE TABLE second_step (
    token_hash bytea PRIMARY KEY,
    organization_id bigint NOT NULL,
    account_id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- The way back for a forgotten password: mailed once, used once.
CREATE TABLE password_reset (
    token_hash bytea PRIMARY KEY,
    organization_id bigint NOT NULL,
    account_id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- Another address for an account: nothing changes until its owner opens the mail that was sent there. A newer one ends the older.
CREATE TABLE email_change (
    token_hash bytea PRIMARY KEY,
    organization_id bigint NOT NULL,
    account_id bigint NOT NULL,
    email text NOT NULL CHECK (email = lower(email) AND email LIKE '_%@_%'),
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- A prospective client proves an email address by a code before they may ask (A-23).
CREATE TABLE email_code (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organization,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    email text NOT NULL CHECK (email = lower(email) AND email LIKE '_%@_%'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    code_hash bytea NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

-- The mailed link by which somebody whom the staff made an account for defines a user name and a password (R-029, R-203):
-- used once. A newer link ends the older ones.
CREATE TABLE setup_link (
    token_hash bytea PRIMARY KEY,
    organization_id bigint NOT NULL,
    account_id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- A key that a device keeps for its owner (WebAuthn Level 3): a second factor, and a way in of its own.
CREATE TABLE passkey (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    account_id bigint NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    credential_id bytea NOT NULL UNIQUE,
    public_key bytea NOT NULL,                  -- COSE
    sign_count bigint NOT NULL DEFAULT 0,
    transports text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    used_at timestamptz,
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- What a device signs to prove that it has a passkey: random, good for some minutes and once.
CREATE TABLE passkey_challenge (
    challenge bytea PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organization,
    account_id bigint,                          -- NULL: somebody signs in, and their passkey says who they are
    purpose text NOT NULL CHECK (purpose IN ('register', 'sign_in', 'second_step')),
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- A program that acts for an account, within scopes. Only the token's SHA-256 is kept.
CREATE TABLE api_token (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    account_id bigint NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    token_hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- The file of a client; a prospect is an account without one (A-24).
CREATE TABLE client (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organization,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    account_id bigint UNIQUE,
    first_name text NOT NULL CHECK (length(first_name) BETWEEN 1 AND 100),             -- R-027: these four
    last_name text NOT NULL CHECK (length(last_name) BETWEEN 1 AND 100),
    email text NOT NULL CHECK (email = lower(email) AND email LIKE '_%@_%'),
    date_of_birth date NOT NULL,
    department_id bigint,                       -- who looks after the file besides its associations'; NULL: organization administrators
    active boolean NOT NULL DEFAULT true,                                              -- R-033 to R-036; follows the account's state
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    -- What the list is ordered and searched by, in the order of bytes, so that a prefix is a range of the index.
    first_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (folded(first_name)) STORED,
    last_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (folded(last_name)) STORED,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, department_id) REFERENCES department (organization_id, id)
);

-- What somebody said of themselves at the organization's address (R-020, R-039), as it was said: nobody changes it, and it is
-- what a practitioner reads before deciding (R-061). Until the mail is confirmed it belongs to no account: user name and
-- password wait here, so that whoever types a stranger's address makes no account, takes no user name and learns nothing.
-- Whoever confirms has the link and the password; then there is an account, and it is `pending`.
CREATE TABLE registration (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organization,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    account_id bigint UNIQUE,                                                          -- NULL until the address is confirmed
    email text NOT NULL CHECK (email = lower(email) AND email LIKE '_%@_%'),
    username text,                              -- these three are for the confirmation, and gone with it
    password_hash text,
    token_hash bytea UNIQUE,                    -- SHA-256 of what the confirmation mail bears
    department_id bigint,                                                              -- NULL: unsure (R-026), or none to choose from
    unsure boolean NOT NULL DEFAULT false,
    first_name text NOT NULL CHECK (length(first_name) BETWEEN 1 AND 100),
    last_name text NOT NULL CHECK (length(last_name) BETWEEN 1 AND 100),
    date_of_birth date NOT NULL,
    phone text NOT NULL DEFAULT '' CHECK (length(phone) <= 40),
    region text NOT NULL DEFAULT '' CHECK (length(region) <= 100),                     -- where they live: some may serve some regions only (R-064)
    language text NOT NULL DEFAULT '' CHECK (length(language) <= 100),
    practitioner_id bigint,                                                            -- whom they chose (by_practitioner)
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 2000),                    -- the brief intake: what brings them
    earlier_care text NOT NULL DEFAULT '' CHECK (length(earlier_care) <= 2000),
    emergency_contact text NOT NULL DEFAULT '' CHECK (length(emergency_contact) <= 200),
    sent_at timestamptz NOT NULL DEFAULT clock_now(),                                  -- the last confirmation mail
    confirmed_at timestamptz,
    CHECK (NOT unsure OR department_id IS NULL),
    CHECK ((account_id IS NULL) = (confirmed_at IS NULL)),
    CHECK (account_id IS NULL OR (username IS NULL AND password_hash IS NULL AND token_hash IS NULL)),
    CHECK (account_id IS NOT NULL OR (username IS NOT NULL AND password_hash IS NOT NULL AND token_hash IS NOT NULL)),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, practitioner_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, department_id) REFERENCES department (organization_id, id)
);
-- The birthday comes first: row-level security lets an index compare only by operators that cannot leak, and lower() is none.
CREATE INDEX registration_by_person ON registration (organization_id, date_of_birth) WHERE account_id IS NOT NULL;
CREATE INDEX registration_unconfirmed ON registration (organization_id, email, sent_at) WHERE account_id IS NULL;
CREATE INDEX registration_unconfirmed_by_username ON registration (organization_id, username, sent_at) WHERE account_id IS NULL;

-- The Clients tab (R-033): one page of a list is one index range, however many files there are.
CREATE INDEX client_by_name ON client (organization_id, active, last_key, first_key, id);
CREATE INDEX client_by_first_name ON client (organization_id, active, first_key, last_key, id);
CREATE INDEX client_by_age ON client (organization_id, active, created_at DESC, id DESC);
CREATE INDEX client_by_email ON client (organization_id, email COLLATE "C");
CREATE INDEX client_by_department ON client (department_id) WHERE department_id IS NOT NULL;
CREATE INDEX client_by_person ON client (organization_id, date_of_birth);            -- A-06, see registration_by_person

-- Whoever signs in no more has an inactive file, and one file is one switch.
CREATE FUNCTION follow_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE client SET active = NEW.state <> 'inactive'
    WHERE client.account_id = NEW.id AND client.active <> (NEW.state <> 'inactive');
    RETURN NULL;
END $$;
CREATE TRIGGER follow_account AFTER UPDATE OF state ON account FOR EACH ROW EXECUTE FUNCTION follow_account();

-- Whoever reads an address that is an account's no more has nothing that opens it: neither a link to choose a password, nor one
-- to set the account up, nor one to yet another address. With the owner's rights, for the app role may not write some of these.
CREATE FUNCTION end_mailed_links() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE password_reset SET used_at = clock_now() WHERE account_id = NEW.id AND used_at IS NULL;
    UPDATE setup_link SET used_at = clock_now() WHERE account_id = NEW.id AND used_at IS NULL;
    UPDATE email_change SET used_at = clock_now() WHERE account_id = NEW.id AND used_at IS NULL;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION end_mailed_links() FROM PUBLIC;
CREATE TRIGGER end_mailed_links AFTER UPDATE OF email ON account FOR EACH ROW WHEN (OLD.email <> NEW.email)
    EXECUTE FUNCTION end_mailed_links();

-- Whoever signs in no more is signed in nowhere, also after the account is opened again. With the owner's rights, for nobody who
-- closes an account may look into sign-ins.
CREATE FUNCTION end_sign_ins() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM sign_in WHERE account_id = NEW.id;
    DELETE FROM second_step WHERE account_id = NEW.id;
    UPDATE api_token SET revoked_at = clock_now() WHERE account_id = NEW.id AND revoked_at IS NULL;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION end_sign_ins() FROM PUBLIC;
CREATE TRIGGER end_sign_ins AFTER UPDATE OF state ON account FOR EACH ROW
    WHEN (NEW.state = 'inactive' AND OLD.state <> 'inactive') EXECUTE FUNCTION end_sign_ins();

-- What is kept outside the database (records/files.py): its name there is random, and a row stands only for what was written
-- to the end. Nobody changes a file; whoever may see what refers to it may read it.
CREATE TABLE stored_file (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organization,
    name text NOT NULL UNIQUE,                  -- where records/files.py finds it; never shown
    content_type text NOT NULL,                 -- found in the content, never as the sender says
    bytes bigint NOT NULL CHECK (bytes > 0),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    stored_at timestamptz NOT NULL DEFAULT clock_now(),
    UNIQUE (organization_id, id)
);

-- By which an organization's papers are sealed (portal/sealing.py): made on first use, never changed, for what was sealed must
-- stay provable. Whoever has the private key can seal; the audit's chain also bears the SHA-256 of each signed document.
CREATE TABLE sealing_key (
    organization_id bigint PRIMARY KEY REFERENCES organization,
    certificate bytea NOT NULL,                 -- X.509, DER
    private_key bytea NOT NULL,                 -- PKCS #8, DER
    made_at timestamptz NOT NULL DEFAULT clock_now()
);

-- Intake forms (R-142 to R-146): a form has versions, and what was published never changes. `content` is
-- {"title", "fields": [{"key", "kind", "label", ...}]} (portal/form_content.py), `hash` the SHA-256 of its canonical JSON.
CREATE TABLE intake_form (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organization,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    standard text,                              -- the standard form that it began as (R-143)
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    archived_at timestamptz,                    -- sent no more; what was sent stays
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, name),
    UNIQUE (organization_id, standard)
);
CREATE TABLE intake_form_version (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    form_id bigint NOT NULL,
    number integer,                             -- NULL: the draft, of which a form has at most one
    content json NOT NULL,
    hash bytea CHECK (length(hash) = 32),
    revision integer NOT NULL DEFAULT 0,        -- of the draft: rises with each change, so that two editors notice each other
    changed_at timestamptz NOT NULL DEFAULT clock_now(),
    published_at timestamptz,
    published_by bigint,
    UNIQUE (organization_id, id),
    UNIQUE (form_id, number),
    CHECK ((number IS NULL) = (hash IS NULL) AND (number IS NULL) = (published_at IS NULL)),
    FOREIGN KEY (organization_id, form_id) REFERENCES intake_form (organization_id, id),
    FOREIGN KEY (organization_id, published_by) REFERENCES account (organization_id, id)
);
CREATE UNIQUE INDEX one_draft_a_form ON intake_form_version (form_id) WHERE number IS NULL;
CREATE FUNCTION published_forever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published version of a form never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER published_forever BEFORE UPDATE OR DELETE ON intake_form_version
    FOR EACH ROW WHEN (OLD.number IS NOT NULL) EXECUTE FUNCTION published_forever();

-- A client is invited into the portal (R-140): the mail's link sets the account up (setup_link), and leads to the forms that
-- were chosen (R-141), which are `intake` rows of this invitation.
CREATE TABLE invitation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    client_id bigint NOT NULL,
    account_id bigint NOT NULL,
    email text NOT NULL,                        -- as it was invited
    sent_by bigint NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT clock_now(),                                  -- the last mail
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    revoked_at timestamptz,
    CHECK (accepted_at IS NULL OR revoked_at IS NULL),
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES client (organization_id, id),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, sent_by) REFERENCES account (organization_id, id)
);
CREATE UNIQUE INDEX one_open_invitation ON invitation (client_id) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitation_by_age ON invitation (organization_id, sent_at DESC, id DESC);
CREATE INDEX invitation_by_account ON invitation (account_id);
CREATE FUNCTION invitation_state(one invitation) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN one.accepted_at IS NOT NULL THEN 'accepted' WHEN one.revoked_at IS NOT NULL THEN 'revoked'
                WHEN one.expires_at <= clock_now() THEN 'expired' ELSE 'open' END;

-- Whoever sets up the account has accepted, whichever way they came to it; whose account is closed is invited no more. With the
-- owner's rights: setting up is the system role's.
CREATE FUNCTION end_invitation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE invitation SET accepted_at = CASE WHEN NEW.state <> 'inactive' THEN clock_now() END,
           revoked_at = CASE WHEN NEW.state = 'inactive' THEN clock_now() END
    WHERE account_id = NEW.id AND accepted_at IS NULL AND revoked_at IS NULL;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION end_invitation() FROM PUBLIC;
CREATE TRIGGER end_invitation AFTER UPDATE OF password_hash, state ON account FOR EACH ROW
    WHEN (NEW.state = 'inactive' AND OLD.state <> 'inactive' OR NEW.password_hash IS NOT NULL AND OLD.password_hash IS NULL)
    EXECUTE FUNCTION end_invitation();

-- What stands under Client Details > General Documents (R-146). Its file is sealed; nobody changes either.
CREATE TABLE document (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    client_id bigint NOT NULL,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    file_id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES client (organization_id, id),
    FOREIGN KEY (organization_id, file_id) REFERENCES stored_file (organization_id, id)
);
CREATE INDEX document_by_client ON document (client_id, created_at DESC);
CREATE INDEX document_by_file ON document (file_id);                                   -- an export's pages of files

-- A form that was sent to a client. States and their verbs stand in portal/intakes.py.
CREATE TYPE intake_state AS ENUM ('sent', 'started', 'completed', 'withdrawn');
CREATE TABLE intake (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    client_id bigint NOT NULL,
    form_id bigint NOT NULL,
    version_id bigint NOT NULL,
    invitation_id bigint,                       -- NULL: sent later (R-145)
    sent_by bigint NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT clock_now(),
    state intake_state NOT NULL DEFAULT 'sent',
    answers json NOT NULL DEFAULT '{}',         -- key of the field -> answer, as far as they were saved
    revision integer NOT NULL DEFAULT 0,        -- rises with each saving, so that two devices notice each other
    saved_at timestamptz,
    ended_at timestamptz,                       -- completed or withdrawn
    reminded_at timestamptz,                    -- the last mail that said that it waits, by the clock or by hand
    reminders smallint NOT NULL DEFAULT 0,      -- those by the clock (portal/form_reminders.py)
    document_id bigint UNIQUE,                  -- the sealed PDF, once completed
    UNIQUE (organization_id, id),
    CHECK ((state IN ('completed', 'withdrawn')) = (ended_at IS NOT NULL)),
    CHECK ((state = 'completed') = (document_id IS NOT NULL)),
    FOREIGN KEY (organization_id, client_id) REFERENCES client (organization_id, id),
    FOREIGN KEY (organization_id, form_id) REFERENCES intake_form (organization_id, id),
    FOREIGN KEY (organization_id, version_id) REFERENCES intake_form_version (organization_id, id),
    FOREIGN KEY (organization_id, invitation_id) REFERENCES invitation (organization_id, id),
    FOREIGN KEY (organization_id, sent_by) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, document_id) REFERENCES document (organization_id, id)
);
CREATE UNIQUE INDEX one_open_intake ON intake (client_id, form_id) WHERE state IN ('sent', 'started');
CREATE INDEX intake_by_client ON intake (client_id, sent_at DESC);
CREATE INDEX intake_by_form ON intake (form_id, state);
CREATE INDEX intake_by_age ON intake (organization_id, sent_at DESC, id DESC);
CREATE INDEX intake_by_end ON intake (organization_id, ended_at) WHERE state = 'completed';
CREATE INDEX intake_by_invitation ON intake (invitation_id) WHERE invitation_id IS NOT NULL;

-- Who signed what, bound to the exact version and the exact answers. Written once, with the completion.
CREATE TABLE signature (
    intake_id bigint NOT NULL,
    organization_id bigint NOT NULL,
    field_key text NOT NULL,                    -- which signature field of the form
    account_id bigint NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),                         -- as typed; the account's, if drawn alone
    drawing bytea,                              -- PNG; NULL: typed
    signed_at timestamptz NOT NULL DEFAULT clock_now(),
    address text NOT NULL,
    browser text NOT NULL,
    version_hash bytea NOT NULL CHECK (length(version_hash) = 32),
    answers_hash bytea NOT NULL CHECK (length(answers_hash) = 32),                     -- SHA-256 of the canonical JSON
    PRIMARY KEY (intake_id, field_key),
    FOREIGN KEY (organization_id, intake_id) REFERENCES intake (organization_id, id),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- What was signed never changes: no completed form, none of its signatures, no document and no file. Deleting a file is left to
-- foreign keys: one that a document refers to stays.
CREATE FUNCTION signed_forever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was signed never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER signed_forever BEFORE UPDATE OR DELETE ON signature FOR EACH ROW EXECUTE FUNCTION signed_forever();
CREATE TRIGGER signed_forever BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION signed_forever();
CREATE TRIGGER signed_forever BEFORE UPDATE OR DELETE ON intake
    FOR EACH ROW WHEN (OLD.state = 'completed') EXECUTE FUNCTION signed_forever();
CREATE TRIGGER signed_forever BEFORE UPDATE ON stored_file FOR EACH ROW EXECUTE FUNCTION signed_forever();
-- Nor is a signature added to what is closed, or to another version's text than the one that was sent.
CREATE FUNCTION signed_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM intake JOIN intake_form_version AS version ON version.id = intake.version_id
                   WHERE intake.id = NEW.intake_id AND intake.state IN ('sent', 'started') AND version.hash = NEW.version_hash) THEN
        RAISE EXCEPTION 'this form is not open for signing' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER signed_once BEFORE INSERT ON signature FOR EACH ROW EXECUTE FUNCTION signed_once();

-- One's data to take along: a client's own, or the whole organization's. A job makes it; whoever asked for it may download it
-- for a day (portal/exports.py).
CREATE TYPE export_state AS ENUM ('waiting', 'running', 'ready', 'expired');
CREATE TABLE export (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    account_id bigint NOT NULL,                 -- who asked
    client_id bigint,                           -- whose data; NULL: the organization's
    state export_state NOT NULL DEFAULT 'waiting',
    done integer NOT NULL DEFAULT 0,            -- of so many steps
    steps integer NOT NULL DEFAULT 0,
    file_id bigint,                             -- a zip
    asked_at timestamptz NOT NULL DEFAULT clock_now(),
    ready_at timestamptz,
    expires_at timestamptz,
    CHECK ((state = 'ready') = (file_id IS NOT NULL)),
    CHECK ((state IN ('ready', 'expired')) = (expires_at IS NOT NULL)),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES client (organization_id, id),
    FOREIGN KEY (organization_id, file_id) REFERENCES stored_file (organization_id, id)
);
CREATE UNIQUE INDEX one_export_at_once ON export (account_id, (client_id IS NULL)) WHERE state IN ('waiting', 'running');
CREATE INDEX export_by_account ON export (account_id, asked_at DESC);
CREATE INDEX export_ready ON export (expires_at) WHERE state = 'ready';

-- What clients may know of a practitioner before they ask for a connection.
CREATE TABLE public_profile (
    account_id bigint PRIMARY KEY,
    organization_id bigint NOT NULL,
    title text NOT NULL DEFAULT '' CHECK (length(title) <= 100),
    about text NOT NULL DEFAULT '' CHECK (length(about) <= 2000),
    takes_connections boolean NOT NULL DEFAULT true,
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- The care relationship (A-05, gate 2): made by staff, or by an accepted request.
CREATE TABLE association (
    organization_id bigint NOT NULL,
    client_id bigint NOT NULL,
    practitioner_id bigint NOT NULL,
    department_id bigint NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_now(),
    PRIMARY KEY (client_id, practitioner_id),                                          -- A-22: one department a pair
    FOREIGN KEY (organization_id, client_id) REFERENCES client (organization_id, id),
    FOREIGN KEY (organization_id, practitioner_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, department_id) REFERENCES department (organization_id, id)
);
CREATE INDEX association_by_practitioner ON association (practitioner_id, client_id);
CREATE INDEX association_by_department ON association (department_id, client_id);

-- Private messages: a thread has members, who alone read and write it.
-- `connection`: it carries a connection request (R-152). `direct`: secure messages of somebody of the staff and a client
-- (R-150, R-151). `team`: the staff around a client among themselves.
CREATE TYPE thread_kind AS ENUM ('connection', 'direct', 'team');
CREATE TABLE thread (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organization,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    kind thread_kind NOT NULL DEFAULT 'connection',
    client_id bigint,                           -- the file that it is about; NULL in older connection requests' threads
    staff_id bigint,                            -- who of the staff writes with the client, in a direct one
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
    begun_at timestamptz NOT NULL DEFAULT clock_now(),
    UNIQUE (organization_id, id),
    CHECK (kind = 'connection' OR client_id IS NOT NULL),
    CHECK ((kind = 'direct') = (staff_id IS NOT NULL)),
    FOREIGN KEY (organization_id, staff_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES client (organization_id, id)
);
CREATE TABLE thread_member (
    organization_id bigint NOT NULL,
    thread_id bigint NOT NULL,
    account_id bigint NOT NULL,
    read_until bigint NOT NULL DEFAULT 0,       -- the key of the last message that was on this person's screen
    read_at timestamptz,                        -- when that rose the last time
    PRIMARY KEY (thread_id, account_id),
    FOREIGN KEY (organization_id, thread_id) REFERENCES thread (organization_id, id),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);
CREATE INDEX thread_member_by_account ON thread_member (account_id);
-- What a search finds a text by: its words without case and accents; whatever is between words counts for nothing. One's own
-- threads are walked, and each message is asked: row-level security lets no index find words, for @@ could leak.
CREATE FUNCTION words_of(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN to_tsvector('simple', regexp_replace(folded(said), '[^[:alnum:]]+', ' ', 'g'));
CREATE TABLE message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    thread_id bigint NOT NULL,
    author_id bigint NOT NULL,
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 10000),
    sent_at timestamptz NOT NULL DEFAULT clock_now(),
    words tsvector NOT NULL GENERATED ALWAYS AS (words_of(body)) STORED,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, thread_id) REFERENCES thread (organization_id, id),
    FOREIGN KEY (organization_id, author_id) REFERENCES account (organization_id, id)
);
CREATE INDEX message_by_thread ON message (thread_id, id);
CREATE TABLE attachment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    message_id bigint NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),                         -- for the download; made harmless
    file_id bigint NOT NULL,
    FOREIGN KEY (organization_id, message_id) REFERENCES message (organization_id, id),
    FOREIGN KEY (organization_id, file_id) REFERENCES stored_file (organization_id, id)
);
CREATE INDEX attachment_by_message ON attachment (message_id);
CREATE INDEX attachment_by_file ON attachment (file_id);                               -- what an organization attached today
CREATE INDEX stored_file_by_age ON stored_file (organization_id, stored_at);

-- A client asks a practitioner to take them on (R-054); only that practitioner decides (R-012). Accepted, it is an association.
-- `ended`: nobody can decide it any more, because its practitioner is none, or left (end_connections).
CREATE TYPE connection_state AS ENUM ('pending', 'accepted', 'declined', 'withdrawn', 'ended');
CREATE TABLE connection_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    client_id bigint NOT NULL,
    practitioner_id bigint NOT NULL,
    thread_id bigint NOT NULL,                  -- the private message that told of it (R-056)
    message text NOT NULL DEFAULT '' CHECK (length(message) <= 2000),                  -- R-055
    state connection_state NOT NULL DEFAULT 'pending',
    asked_at timestamptz NOT NULL DEFAULT clock_now(),
    decided_at timestamptz,
    CHECK ((state = 'pending') = (decided_at IS NULL)),
    FOREIGN KEY (organization_id, client_id) REFERENCES client (organization_id, id),
    FOREIGN KEY (organization_id, practitioner_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, thread_id) REFERENCES thread (organization_id, id)
);
CREATE UNIQUE INDEX one_pending_connection ON connection_request (client_id, practitioner_id) WHERE state = 'pending';
CREATE INDEX connection_request_pending ON connection_request (practitioner_id, asked_at) WHERE state = 'pending';
CREATE INDEX connection_request_by_client ON connection_request (client_id, asked_at DESC);

-- Either makes the other true (A-05): what staff associate, or a scheduler by accepting a session request, answers what the
-- client had asked for. The file's row is locked before the association is there, as a practitioner who decides does it, so
-- that the two wait for each other in one order.
CREATE FUNCTION lock_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM client WHERE id = NEW.client_id FOR NO KEY UPDATE;
    RETURN NEW;
END $$;
CREATE TRIGGER lock_file BEFORE INSERT ON association FOR EACH ROW EXECUTE FUNCTION lock_file();
CREATE FUNCTION answer_connection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE connection_request SET state = 'accepted', decided_at = clock_now()
    WHERE client_id = NEW.client_id AND practitioner_id = NEW.practitioner_id AND state = 'pending';
    RETURN NULL;
END $$;
CREATE TRIGGER answer_connection AFTER INSERT ON association FOR EACH ROW EXECUTE FUNCTION answer_connection();

-- A file that gets another account takes its private messages along, as it does its sessions: staff have said that both are one
-- person. What the former account wrote stays under its name, and is no news to the one that comes after it.
CREATE FUNCTION follow_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE thread_member SET account_id = NEW.account_id, read_until = greatest(read_until, (
        SELECT max(message.id) FROM message WHERE message.thread_id = thread_member.thread_id AND author_id = OLD.account_id))
    FROM thread
    WHERE thread.id = thread_member.thread_id AND thread_member.account_id = OLD.account_id AND thread.kind <> 'team'
      AND (thread.client_id = NEW.id OR EXISTS (SELECT FROM connection_request WHERE connection_request.thread_id = thread.id
                                                AND connection_request.client_id = NEW.id))
      AND NOT EXISTS (SELECT FROM thread_member AS there WHERE there.thread_id = thread.id AND there.account_id = NEW.account_id);
    RETURN NULL;
END $$;
CREATE TRIGGER follow_file AFTER UPDATE OF account_id ON client
    FOR EACH ROW WHEN (OLD.account_id <> NEW.account_id) EXECUTE FUNCTION follow_file();

-- Whether somebody of the staff is around a client: an associated practitioner, or one of those who may see the file
-- (people/access.py, may_see_client). Nobody is around themselves.
CREATE FUNCTION looks_after(staff bigint, file bigint) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM client AS known JOIN account AS person ON person.id = looks_after.staff AND person.state = 'active'
        JOIN account_role AS held ON held.account_id = person.id
        WHERE known.id = looks_after.file AND known.account_id IS DISTINCT FROM person.id
          AND CASE held.role
              WHEN 'organization_administrator' THEN true
              WHEN 'practitioner' THEN EXISTS (
                  SELECT FROM association WHERE client_id = known.id AND practitioner_id = person.id)
              WHEN 'scheduler' THEN false
              WHEN 'client' THEN false
              ELSE held.department_id = known.department_id OR EXISTS (
                  SELECT FROM association WHERE client_id = known.id AND association.department_id = held.department_id)
              END
    );

-- How somebody of the staff and the person of a file stand to each other: all that decides whether they may write secure
-- messages (R-010, R-011, R-131, R-135; people/access.py, may_correspond).
CREATE FUNCTION correspondence(staff bigint, file bigint)
    RETURNS TABLE (staff_id bigint, client_account_id bigint, switched_on boolean, subscribed boolean, associated boolean,
                   administers boolean, staff_active boolean, client_active boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT person.id, known.account_id, organization.portal_messages,
           has_seat(person.id),
           EXISTS (SELECT FROM account_role WHERE account_role.account_id = person.id AND role = 'practitioner')
               AND EXISTS (SELECT FROM association WHERE client_id = known.id AND practitioner_id = person.id),
           EXISTS (SELECT FROM account_role WHERE account_role.account_id = person.id AND role = 'organization_administrator'),
           person.state = 'active',
           known.active AND coalesce(own.state = 'active' AND own.has_password, false)
    FROM client AS known JOIN organization ON organization.id = known.organization_id
    JOIN account AS person ON person.organization_id = known.organization_id AND person.id = correspondence.staff
    LEFT JOIN account AS own ON own.id = known.account_id
    WHERE known.id = correspondence.file AND known.account_id IS DISTINCT FROM person.id;
END;

-- Whether a thread exists for one of its members: secure messages only while the organization has them (R-133), and what
-- the staff write about a client only for those who are around the client now.
CREATE FUNCTION shows_thread(kind thread_kind, file bigint, reader bigint) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE kind WHEN 'connection' THEN true
        ELSE (SELECT portal_messages FROM organization WHERE id = tenant()) AND (kind = 'direct' OR looks_after(reader, file)) END;

-- Whoever is no active practitioner any more decides nothing. Looked at when the transaction ends: a role that moves from one
-- department to another is there again by then.
CREATE FUNCTION end_connections() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    concerned bigint := coalesce(row_to_json(OLD) ->> 'account_id', row_to_json(OLD) ->> 'id')::bigint;
BEGIN
    UPDATE connection_request SET state = 'ended', decided_at = clock_now()
    WHERE practitioner_id = concerned AND state = 'pending' AND NOT EXISTS (
        SELECT FROM account JOIN account_role ON account_role.account_id = account.id AND role = 'practitioner'
        WHERE account.id = concerned AND account.state = 'active');
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER end_connections AFTER DELETE ON account_role DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.role = 'practitioner') EXECUTE FUNCTION end_connections();
CREATE CONSTRAINT TRIGGER end_connections AFTER UPDATE OF state ON account DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.state = 'inactive') EXECUTE FUNCTION end_connections();

-- What is asked for ----------------------------------------------------------------------------------------------------
CREATE TYPE availability_mode AS ENUM ('on_demand', 'calendar');                      -- A-10
CREATE TABLE clinic (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organization,
    department_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    patient_group text NOT NULL,                                                       -- R-077
    host_group text NOT NULL,
    availability availability_mode NOT NULL DEFAULT 'on_demand',
    hosts_see_group_queue boolean NOT NULL DEFAULT false,                              -- A-11
    open boolean NOT NULL DEFAULT true,                                                -- a closed clinic takes no requests
    allow_override boolean NOT NULL DEFAULT false,                                     -- A-08: deliberate overlaps, audited
    now_expires_after interval NOT NULL DEFAULT '60 minutes' CHECK (now_expires_after > '0'),
    red_after interval NOT NULL DEFAULT '300 seconds',                                 -- A-09
    join_before interval NOT NULL DEFAULT '30 minutes',                                -- A-14
    join_after interval NOT NULL DEFAULT '30 minutes',
    -- Until how long before a session its client may cancel or move it; 0: for as long as anybody may. Later they call `contact`.
    client_cancel_before interval NOT NULL DEFAULT '0' CHECK (client_cancel_before BETWEEN '0' AND '30 days'),
    client_move_before interval NOT NULL DEFAULT '0' CHECK (client_move_before BETWEEN '0' AND '30 days'),
    contact text NOT NULL DEFAULT '' CHECK (length(contact) <= 200),
    offer_for interval NOT NULL DEFAULT '30 minutes' CHECK (offer_for BETWEEN '5 minutes' AND '1 day'),  -- to one person of the waitlist
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, department_id) REFERENCES department (organization_id, id)
);

-- What a practitioner decides about their own time. Hours are wall-clock times in this zone.
CREATE TABLE host (
    account_id bigint PRIMARY KEY,
    organization_id bigint NOT NULL,
    takes_requests boolean NOT NULL DEFAULT true,                                      -- A-25: switched per host
    time_zone text NOT NULL DEFAULT 'UTC',                                             -- IANA
    buffer_before interval NOT NULL DEFAULT '0' CHECK (buffer_before BETWEEN '0' AND '4 hours'),
    buffer_after interval NOT NULL DEFAULT '0' CHECK (buffer_after BETWEEN '0' AND '4 hours'),
    minimum_notice interval NOT NULL DEFAULT '0' CHECK (minimum_notice BETWEEN '0' AND '90 days'),
    horizon interval NOT NULL DEFAULT '56 days' CHECK (horizon BETWEEN '1 day' AND '366 days'),
    self_scheduling boolean NOT NULL DEFAULT false,                                    -- R-079; what it takes besides: self_schedules
    confirms boolean NOT NULL DEFAULT false,    -- decides each booking, also of services that are booked at once
    waitlist boolean NOT NULL DEFAULT true,     -- what becomes free is offered to those who wait for it
    UNIQUE (organization_id, account_id),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- Hours that return each week; weekday as in ISO 8601 (1 is Monday), minutes since midnight on the clock of the host's zone.
CREATE TABLE weekly_hours (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    host_id bigint NOT NULL,
    weekday smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    starts_minute smallint NOT NULL CHECK (starts_minute >= 0),
    ends_minute smallint NOT NULL CHECK (ends_minute > starts_minute AND ends_minute <= 1440),
    FOREIGN KEY (organization_id, host_id) REFERENCES host (organization_id, account_id)
);
CREATE INDEX weekly_hours_by_host ON weekly_hours (host_id);

-- Exceptions on one day: more time (open), or less (a holiday, an hour off).
CREATE TABLE special_hours (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    host_id bigint NOT NULL,
    day date NOT NULL,
    open boolean NOT NULL,
    starts_minute smallint NOT NULL CHECK (starts_minute >= 0),
    ends_minute smallint NOT NULL CHECK (ends_minute > starts_minute AND ends_minute <= 1440),
    FOREIGN KEY (organization_id, host_id) REFERENCES host (organization_id, account_id)
);
CREATE INDEX special_hours_by_host ON special_hours (host_id, day);

CREATE TABLE clinic_host (
    organization_id bigint NOT NULL,
    clinic_id bigint NOT NULL,
    account_id bigint NOT NULL,
    on_demand boolean NOT NULL DEFAULT false,                                          -- R-098: the toggle
    switched_off_at timestamptz,                -- A-10: by the house, because all of the host's pages were closed
    PRIMARY KEY (clinic_id, account_id),
    FOREIGN KEY (organization_id, clinic_id) REFERENCES clinic (organization_id, id),
    FOREIGN KEY (organization_id, account_id) REFERENCES host (organization_id, account_id)
);
CREATE INDEX clinic_host_by_account ON clinic_host (account_id);
CREATE INDEX clinic_host_on_demand ON clinic_host (organization_id, account_id) WHERE on_demand;  -- watched for absence

CREATE TABLE clinic_scheduler (
    organization_id bigint NOT NULL,
    clinic_id bigint NOT NULL,
    account_id bigint NOT NULL,
    PRIMARY KEY (clinic_id, account_id),
    FOREIGN KEY (organization_id, clinic_id) REFERENCES clinic (organization_id, id),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- A-16: whether a client's choice of a time is a request, or booked at once.
CREATE TYPE booking_mode AS ENUM ('request', 'instant');
CREATE TABLE service (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    clinic_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),                         -- R-072
    description text NOT NULL DEFAULT '',
    duration interval NOT NULL CHECK (duration BETWEEN '5 minutes' AND '12 hours'),
    price numeric(10, 2) CHECK (price > 0),                                            -- NULL: no payment required (R-162)
    offered boolean NOT NULL DEFAULT true,
    booking booking_mode NOT NULL DEFAULT 'request',
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, clinic_id) REFERENCES clinic (organization_id, id)
);

-- For which services a host lets clients choose their own times (R-079).
CREATE TABLE self_scheduled (
    organization_id bigint NOT NULL,
    host_id bigint NOT NULL,
    service_id bigint NOT NULL,
    PRIMARY KEY (host_id, service_id),
    FOREIGN KEY (organization_id, host_id) REFERENCES host (organization_id, account_id),
    FOREIGN KEY (organization_id, service_id) REFERENCES service (organization_id, id)
);

-- The pre-request form of a clinic (R-076), besides the note that each has. A request keeps its answers with the labels
-- as they were, so fields come and go freely.
CREATE TYPE form_field_kind AS ENUM ('short_text', 'long_text', 'choice', 'check');
CREATE TABLE form_field (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    clinic_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    position smallint NOT NULL,
    kind form_field_kind NOT NULL,
    label text NOT NULL CHECK (length(label) BETWEEN 1 AND 200),
    required boolean NOT NULL DEFAULT false,
    choices text[] NOT NULL DEFAULT '{}',
    FOREIGN KEY (organization_id, clinic_id) REFERENCES clinic (organization_id, id)
);
CREATE INDEX form_field_by_clinic ON form_field (clinic_id, position);

-- Which clinics a scheduler chose to see (R-093); no row, or none of them served any more: all.
CREATE TABLE board_filter (
    account_id bigint PRIMARY KEY,
    organization_id bigint NOT NULL,
    clinic_ids bigint[] NOT NULL,
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- States and their verbs stand in dispatch/lifecycle.py as complete tables.
CREATE TYPE request_kind AS ENUM ('now', 'scheduled');                                -- R-073
CREATE TYPE request_state AS ENUM ('pending', 'accepted', 'declined', 'withdrawn', 'expired');
CREATE TABLE request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    number bigint NOT NULL,                                                            -- R-103
    clinic_id bigint NOT NULL,
    service_id bigint NOT NULL,
    service_name text NOT NULL,                                                        -- A-12: as it was when asked
    duration interval NOT NULL,
    price numeric(10, 2),                                                              -- as it was when asked, as the currency:
    currency text,                                                                     -- what the session's invoice says (A-29)
    requester_id bigint NOT NULL,
    host_id bigint,                                                                    -- R-074: NULL means the group
    kind request_kind NOT NULL,
    asked_times timestamptz[] NOT NULL DEFAULT '{}',                                   -- sorted; what makes two requests alike
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 2000),
    answers json NOT NULL DEFAULT '[]',         -- [{"label", "kind", "answer"}] of the clinic's form as it was
    expires_at timestamptz NOT NULL,            -- the last time asked for, or the clinic's limit for Now
    state request_state NOT NULL DEFAULT 'pending',
    submitted_at timestamptz NOT NULL DEFAULT clock_now(),
    decided_by bigint,
    decided_at timestamptz,
    response text NOT NULL DEFAULT '' CHECK (length(response) <= 2000),               -- R-100
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, number),
    CHECK ((state = 'pending') = (decided_at IS NULL)),
    FOREIGN KEY (organization_id, clinic_id) REFERENCES clinic (organization_id, id),
    FOREIGN KEY (organization_id, service_id) REFERENCES service (organization_id, id),
    FOREIGN KEY (organization_id, requester_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, host_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, decided_by) REFERENCES account (organization_id, id)
);
-- R-092 in one index: the board reads the pending rows of a clinic, oldest first.
CREATE INDEX request_pending ON request (clinic_id, submitted_at, id) WHERE state = 'pending';
CREATE INDEX request_pending_to_host ON request (host_id) WHERE state = 'pending';
CREATE INDEX request_decided ON request (clinic_id, decided_at DESC) WHERE state <> 'pending';
CREATE UNIQUE INDEX one_pending_of_a_kind ON request (requester_id, service_id, coalesce(host_id, 0), asked_times)
    WHERE state = 'pending';
CREATE INDEX request_due ON request (expires_at) WHERE state = 'pending';
CREATE INDEX request_by_requester ON request (requester_id, submitted_at DESC);

-- So does what the file's former account asks for and nobody has decided (see follow_file); what the new one asks for itself
-- already is withdrawn instead. With the owner's rights, for nobody at run time says who has asked.
CREATE FUNCTION requests_follow_file() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE request SET state = 'withdrawn', decided_by = OLD.account_id, decided_at = clock_now()
    WHERE requester_id = OLD.account_id AND state = 'pending' AND EXISTS (
        SELECT FROM request AS own
        WHERE own.requester_id = NEW.account_id AND own.state = 'pending' AND own.service_id = request.service_id
          AND own.host_id IS NOT DISTINCT FROM request.host_id AND own.asked_times = request.asked_times);
    UPDATE request SET requester_id = NEW.account_id WHERE requester_id = OLD.account_id AND state = 'pending';
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION requests_follow_file() FROM PUBLIC;
CREATE TRIGGER requests_follow_file AFTER UPDATE OF account_id ON client
    FOR EACH ROW WHEN (OLD.account_id <> NEW.account_id) EXECUTE FUNCTION requests_follow_file();

CREATE TABLE requested_time (
    organization_id bigint NOT NULL,
    request_id bigint NOT NULL,
    rank smallint NOT NULL CHECK (rank BETWEEN 1 AND 3),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    PRIMARY KEY (request_id, rank),
    UNIQUE (request_id, starts_at),
    FOREIGN KEY (organization_id, request_id) REFERENCES request (organization_id, id)
);
CREATE INDEX requested_time_by_start ON requested_time (starts_at);

-- The appointment -------------------------------------------------------------------------------------------------------
CREATE TYPE session_state AS ENUM ('scheduled', 'in_progress', 'ended', 'cancelled', 'no_show');
CREATE TABLE session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    clinic_id bigint NOT NULL,
    request_id bigint UNIQUE,                   -- one session a request, whatever else goes wrong
    host_id bigint NOT NULL,
    client_id bigint,                           -- the file; NULL for a prospect, who comes by direct link (A-23)
    visitor_id bigint,                          -- the account that asked and will visit
    service_name text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    state session_state NOT NULL DEFAULT 'scheduled',
    override boolean NOT NULL DEFAULT false,    -- a deliberate overlap, where the clinic allows it (A-08)
    sequence integer NOT NULL DEFAULT 0,        -- RFC 5545 SEQUENCE: rises with every change that calendars must hear of
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 2000),                    -- why it was last moved or cancelled
    booked_at timestamptz NOT NULL DEFAULT clock_now(),
    timed_at timestamptz NOT NULL DEFAULT clock_now(),                                 -- when it got its present time and host
    locked boolean NOT NULL DEFAULT false,      -- no new knocks; those who wait or are in stay. A row, so that no restart unlocks
    UNIQUE (organization_id, id),
    CHECK (client_id IS NOT NULL OR visitor_id IS NOT NULL),
    CHECK (ends_at <= starts_at + interval '12 hours'),                                -- session_agenda is searched by it
    FOREIGN KEY (organization_id, visitor_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, clinic_id) REFERENCES clinic (organization_id, id),
    FOREIGN KEY (organization_id, request_id) REFERENCES request (organization_id, id),
    FOREIGN KEY (organization_id, host_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES client (organization_id, id),
    -- Nobody is in two sessions at once. A range of one id serves as equality, so that gist needs no extension.
    -- Bookings take the host's advisory lock first: two writers under one exclusion constraint can deadlock. Under that
    -- lock every booking looks at all of the host's sessions, overrides included, which this constraint leaves out.
    CONSTRAINT host_is_free EXCLUDE USING gist (
        int8range(host_id, host_id, '[]') WITH &&, tstzrange(starts_at, ends_at, '[)') WITH &&
    ) WHERE (state IN ('scheduled', 'in_progress') AND NOT override),
    CONSTRAINT client_is_free EXCLUDE USING gist (
        int8range(client_id, client_id, '[]') WITH &&, tstzrange(starts_at, ends_at, '[)') WITH &&
    ) WHERE (state IN ('scheduled', 'in_progress') AND client_id IS NOT NULL),
    CONSTRAINT visitor_is_free EXCLUDE USING gist (
        int8range(visitor_id, visitor_id, '[]') WITH &&, tstzrange(starts_at, ends_at, '[)') WITH &&
    ) WHERE (state IN ('scheduled', 'in_progress') AND visitor_id IS NOT NULL)
);
-- A host's agenda: what conflicts are looked up in. No session is longer than 12 hours, so one that touches a window ends
-- between its beginning and 12 hours after its end.
CREATE INDEX session_agenda ON session (host_id, ends_at) INCLUDE (starts_at) WHERE state IN ('scheduled', 'in_progress');
CREATE INDEX session_to_come ON session (starts_at) WHERE state = 'scheduled';         -- reminders
CREATE INDEX session_by_host ON session (host_id, ends_at);
CREATE INDEX session_by_client ON session (client_id, ends_at);
CREATE INDEX session_by_visitor ON session (visitor_id, ends_at);

-- When a host is there (A-10) ---------------------------------------------------------------------------------------
-- Hours are what the clock on the wall shows: an instant is open exactly when the clock of the host's zone then shows a
-- time within the rule. So a time that a clock change skips is never open, and one that it shows twice is open twice.

-- The pieces of a time in which a zone's clock keeps the same distance from UTC (`shift`). Samples at 24 hours find every
-- change, since no zone changes twice within a day; halving finds its second.
CREATE FUNCTION clock_shifts(zone text, since timestamptz, until timestamptz)
    RETURNS TABLE (piece tstzrange, shift interval) LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    begun timestamptz := since;
    same timestamptz := since;                  -- the clock is known to stand the same from `begun` to here
    other timestamptz;
    middle timestamptz;
BEGIN
    shift := (since AT TIME ZONE zone) - (since AT TIME ZONE 'UTC');
    WHILE same < until LOOP
        other := least(same + interval '24 hours', until);
        IF (other AT TIME ZONE zone) - (other AT TIME ZONE 'UTC') = shift THEN
            same := other;
            CONTINUE;
        END IF;
        WHILE other - same > interval '1 second' LOOP
            middle := same + (other - same) / 2;
            IF (middle AT TIME ZONE zone) - (middle AT TIME ZONE 'UTC') = shift THEN
                same := middle;
            ELSE
                other := middle;
            END IF;
        END LOOP;
        same := date_trunc('second', other);
        piece := tstzrange(begun, same);
        RETURN NEXT;
        begun := same;
        shift := (same AT TIME ZONE zone) - (same AT TIME ZONE 'UTC');
    END LOOP;
    piece := tstzrange(begun, until);
    RETURN NEXT;
END $$;

-- When a host's own hours are open between two instants: weekly hours and special open ones, less special closed ones.
-- Sessions do not count here. Hours that touch are one; past midnight they are two rules, and touch.
CREATE FUNCTION open_hours(host bigint, since timestamptz, until timestamptz) RETURNS tstzmultirange
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    opened tstzmultirange;
BEGIN
    WITH day AS (
        SELECT shifts.piece, shifts.shift, wall.day::date AS day
        FROM host AS known
        CROSS JOIN LATERAL clock_shifts(known.time_zone, since, until) AS shifts
        CROSS JOIN LATERAL generate_series(
            date_trunc('day', lower(shifts.piece) AT TIME ZONE 'UTC' + shifts.shift),
            upper(shifts.piece) AT TIME ZONE 'UTC' + shifts.shift, interval '1 day') AS wall (day)
        WHERE known.account_id = open_hours.host AND since < until
    ), hours AS (
        SELECT day.*, true AS open, rule.starts_minute, rule.ends_minute
        FROM day JOIN weekly_hours AS rule
            ON rule.host_id = open_hours.host AND rule.weekday = extract(isodow FROM day.day)
        UNION ALL
        SELECT day.*, rule.open, rule.starts_minute, rule.ends_minute
        FROM day JOIN special_hours AS rule ON rule.host_id = open_hours.host AND rule.day = day.day
    ), range AS (
        SELECT hours.open, hours.piece * tstzrange(
            (hours.day + hours.starts_minute * interval '1 minute' - hours.shift) AT TIME ZONE 'UTC',
            (hours.day + hours.ends_minute * interval '1 minute' - hours.shift) AT TIME ZONE 'UTC') AS during
        FROM hours
    )
    SELECT coalesce(range_agg(during) FILTER (WHERE range.open), '{}')
           - coalesce(range_agg(during) FILTER (WHERE NOT range.open), '{}')
    INTO opened FROM range;
    RETURN opened;
END $$;

-- No session of the host's, overrides included, overlaps [starts, ends). Uses session_agenda: none is longer than 12 hours.
CREATE FUNCTION host_is_free(host bigint, starts timestamptz, ends timestamptz) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NOT EXISTS (
        SELECT FROM session
        WHERE session.host_id = host_is_free.host AND session.state IN ('scheduled', 'in_progress')
          AND session.ends_at > starts AND session.ends_at < ends + interval '12 hours 1 second' AND session.starts_at < ends
    );

-- Available or Not Available (R-098, A-10): free, not switched off by an administrator, and there, as the clinic finds out:
-- by the toggle, or because the time lies wholly in the host's open hours.
CREATE FUNCTION host_is_available(clinic bigint, host bigint, starts timestamptz, ends timestamptz) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM clinic_host JOIN clinic AS known ON known.id = clinic_host.clinic_id
        JOIN host AS person ON person.account_id = clinic_host.account_id
        WHERE clinic_host.clinic_id = host_is_available.clinic AND clinic_host.account_id = host_is_available.host
          AND person.takes_requests AND host_is_free(person.account_id, starts, ends)
          AND CASE known.availability
              WHEN 'on_demand' THEN clinic_host.on_demand
              WHEN 'calendar' THEN open_hours(person.account_id, starts, ends) @> tstzrange(starts, ends)
              END
    );

-- Who may book and join from the portal (A-05, A-23, R-063): the account is approved, and its file is associated with the host.
-- Others visit by direct link.
CREATE FUNCTION is_cleared(visitor bigint, host bigint) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM account JOIN client ON client.account_id = account.id
        JOIN association ON association.client_id = client.id
        WHERE account.id = is_cleared.visitor AND account.state = 'active' AND association.practitioner_id = is_cleared.host
    );

-- Who may choose their own times of a host and a service (R-078, R-135): the client is cleared, the clinic and the host take
-- requests, the host has this service self-scheduled and a seat, and the organization has the feature on.
CREATE FUNCTION self_schedules(visitor bigint, host bigint, service bigint) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM self_scheduled
        JOIN host AS person ON person.account_id = self_scheduled.host_id
        JOIN account AS practitioner ON practitioner.id = person.account_id
        JOIN portal_seat ON portal_seat.account_id = person.account_id
        JOIN service AS wanted ON wanted.id = self_scheduled.service_id
        JOIN clinic ON clinic.id = wanted.clinic_id
        JOIN clinic_host ON clinic_host.clinic_id = clinic.id AND clinic_host.account_id = person.account_id
        JOIN organization ON organization.id = clinic.organization_id
        WHERE self_scheduled.host_id = self_schedules.host AND self_scheduled.service_id = self_schedules.service
          AND person.self_scheduling AND person.takes_requests AND practitioner.state = 'active' AND portal_seat.subscribed
          AND wanted.offered AND clinic.open AND organization.requests_open AND organization.portal_scheduling
          AND is_cleared(self_schedules.visitor, self_schedules.host)
    );

-- The waitlist -----------------------------------------------------------------------------------------------------------
-- A place on it: a client who would come to this host for this service if a time became free on these days between these
-- minutes, on the clock of their own zone. Note and answers are to the clinic's form, as a request bears them.
CREATE TYPE waitlist_state AS ENUM ('waiting', 'booked', 'left');
CREATE TABLE waitlist_place (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    client_id bigint NOT NULL,
    host_id bigint NOT NULL,
    service_id bigint NOT NULL,
    weekdays smallint[] NOT NULL CHECK (cardinality(weekdays) > 0 AND weekdays <@ '{1,2,3,4,5,6,7}'),  -- ISO 8601
    starts_minute smallint NOT NULL CHECK (starts_minute >= 0),
    ends_minute smallint NOT NULL CHECK (ends_minute > starts_minute AND ends_minute <= 1440),
    time_zone text NOT NULL,
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 2000),
    answers json NOT NULL DEFAULT '[]',
    joined_at timestamptz NOT NULL DEFAULT clock_now(),
    state waitlist_state NOT NULL DEFAULT 'waiting',
    ended_at timestamptz,
    UNIQUE (organization_id, id),
    CHECK ((state = 'waiting') = (ended_at IS NULL)),
    FOREIGN KEY (organization_id, client_id) REFERENCES client (organization_id, id),
    FOREIGN KEY (organization_id, host_id) REFERENCES host (organization_id, account_id),
    FOREIGN KEY (organization_id, service_id) REFERENCES service (organization_id, id)
);
CREATE UNIQUE INDEX one_place_on_the_waitlist ON waitlist_place (client_id, host_id, service_id) WHERE state = 'waiting';
CREATE INDEX waitlist_waiting ON waitlist_place (host_id, joined_at, id) WHERE state = 'waiting';

-- A session's former time, offered to one place at a time and held for it until `expires_at`. `ended`: somebody booked it
-- anyway, or the place is gone. Whoever offers, accepts or ends one holds the host's lock (dispatch/booking.py).
CREATE TYPE offer_state AS ENUM ('open', 'accepted', 'declined', 'expired', 'ended');
CREATE TABLE waitlist_offer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    place_id bigint NOT NULL,
    host_id bigint NOT NULL,
    session_id bigint NOT NULL,                 -- whose time it was: its own client is not offered it
    freed_at timestamptz NOT NULL,              -- one round through the list: nobody is asked twice in it
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    offered_at timestamptz NOT NULL DEFAULT clock_now(),
    expires_at timestamptz NOT NULL,
    state offer_state NOT NULL DEFAULT 'open',
    ended_at timestamptz,
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK (ends_at <= starts_at + interval '12 hours'),
    FOREIGN KEY (organization_id, place_id) REFERENCES waitlist_place (organization_id, id),
    FOREIGN KEY (organization_id, host_id) REFERENCES host (organization_id, account_id),
    FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, id),
    CONSTRAINT held_once EXCLUDE USING gist (
        int8range(host_id, host_id, '[]') WITH &&, tstzrange(starts_at, ends_at, '[)') WITH &&
    ) WHERE (state = 'open')
);
CREATE UNIQUE INDEX one_open_offer_a_place ON waitlist_offer (place_id) WHERE state = 'open';
CREATE INDEX waitlist_offer_by_place ON waitlist_offer (place_id, offered_at DESC);
CREATE INDEX waitlist_offer_due ON waitlist_offer (expires_at) WHERE state = 'open';

-- Whoever books a time that is held for somebody, as staff may, ends the offer.
CREATE FUNCTION end_offers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE waitlist_offer SET state = 'ended', ended_at = clock_now()
    WHERE waitlist_offer.host_id = NEW.host_id AND waitlist_offer.state = 'open'
      AND tstzrange(waitlist_offer.starts_at, waitlist_offer.ends_at) && tstzrange(NEW.starts_at, NEW.ends_at);
    RETURN NULL;
END $$;
CREATE TRIGGER end_offers AFTER INSERT OR UPDATE OF host_id, starts_at, ends_at ON session
    FOR EACH ROW WHEN (NEW.state IN ('scheduled', 'in_progress')) EXECUTE FUNCTION end_offers();

-- When a visit of a host's may still be booked between two instants: open hours, less sessions and held offers with the buffers
-- of both around them. `besides` is the key of a session that moves, and stands in its own way no more.
CREATE FUNCTION free_hours(host bigint, since timestamptz, until timestamptz, besides bigint)
    RETURNS tstzmultirange LANGUAGE sql STABLE PARALLEL SAFE
    RETURN open_hours(host, since, until) - coalesce((
        SELECT range_agg(tstzrange(taken.starts_at - person.buffers, taken.ends_at + person.buffers))
        FROM (SELECT buffer_before + buffer_after AS buffers FROM host AS known
              WHERE known.account_id = free_hours.host) AS person
        CROSS JOIN LATERAL (
            SELECT session.starts_at, session.ends_at FROM session
            WHERE session.host_id = free_hours.host AND session.state IN ('scheduled', 'in_progress')
              AND session.ends_at > since - person.buffers AND session.starts_at < until + person.buffers
              AND session.ends_at < until + person.buffers + interval '12 hours 1 second'
              AND session.id IS DISTINCT FROM besides
            UNION ALL
            SELECT held.starts_at, held.ends_at FROM waitlist_offer AS held
            WHERE held.host_id = free_hours.host AND held.state = 'open' AND held.expires_at > clock_now()
        ) AS taken
    ), '{}');

-- Which reminders of a session were posted, for which of its times: one row a letter, whoever posts it.
CREATE TYPE reminder_lead AS ENUM ('day', 'hour');
CREATE TABLE reminder (
    session_id bigint NOT NULL,
    organization_id bigint NOT NULL,
    starts_at timestamptz NOT NULL,
    lead reminder_lead NOT NULL,
    posted_at timestamptz NOT NULL DEFAULT clock_now(),
    PRIMARY KEY (session_id, lead, starts_at),
    FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, id)
);

-- A link that lets one person visit one session without an account of the portal (A-15). Only its SHA-256 is kept.
CREATE TABLE direct_link (
    token_hash bytea PRIMARY KEY,
    organization_id bigint NOT NULL,
    session_id bigint NOT NULL,
    account_id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    device_hash bytea,                          -- the first browser that came by it
    opened_at timestamptz,
    other_at timestamptz,                       -- when another browser last came by it
    revoked_at timestamptz,
    replaced boolean NOT NULL DEFAULT false,    -- revoked only because a newer one was made: it puts nobody out
    CHECK ((device_hash IS NULL) = (opened_at IS NULL)),
    CHECK (NOT replaced OR revoked_at IS NOT NULL),
    FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, id),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);
CREATE INDEX direct_link_by_session ON direct_link (session_id, account_id);
ALTER TABLE sign_in ADD FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, id);
ALTER TABLE sign_in ADD FOREIGN KEY (link_hash) REFERENCES direct_link;

-- A third person in a session: family, an interpreter, a supervisor. They come by a direct link of their own and wait like
-- everybody. The account has neither password nor file unless the address had one before; `name` and `relation` are how they
-- were introduced for this session.
CREATE TABLE guest (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    session_id bigint NOT NULL,
    account_id bigint NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    email text NOT NULL CHECK (email = lower(email) AND email LIKE '_%@_%'),
    relation text NOT NULL CHECK (relation IN ('family', 'carer', 'interpreter', 'supervisor', 'guest')),
    invited_by bigint NOT NULL,
    invited_at timestamptz NOT NULL DEFAULT clock_now(),
    revoked_at timestamptz,
    FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, id),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, invited_by) REFERENCES account (organization_id, id)
);
CREATE UNIQUE INDEX one_invitation_a_guest ON guest (session_id, account_id) WHERE revoked_at IS NULL;

-- The visit -------------------------------------------------------------------------------------------------------------
-- Who may be in a session's visit room. A person who never knocked has no row (the state `arriving`).
-- The epoch rises whenever a right ends, so that whatever was allowed under an older one is refused.
CREATE TYPE admission_state AS ENUM ('waiting', 'admitted', 'left', 'denied', 'removed');
CREATE TABLE admission (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    session_id bigint NOT NULL,
    account_id bigint NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),                          -- R-175: as confirmed at the door
    state admission_state NOT NULL,
    epoch integer NOT NULL DEFAULT 1,
    knocked_at timestamptz NOT NULL DEFAULT clock_now(),
    admitted_by bigint,
    admitted_at timestamptz,
    sentence text NOT NULL DEFAULT '' CHECK (length(sentence) <= 300),                 -- said to whoever is not let in, or is put out
    message text NOT NULL DEFAULT '' CHECK (length(message) <= 300),                   -- the host's, to somebody who waits
    by_link boolean NOT NULL DEFAULT false,
    device bytea,                                      -- the browser that knocked, where it came by link: nobody else's in it
    other_device boolean NOT NULL DEFAULT false,       -- by a direct link that another browser followed first
    -- The person's page is held to be open until then: renewed by the process that has the room, cut short when it sees
    -- them gone. A host whose page is closed lets nobody in; whoever is away for too long has left (dispatch/attendance.py).
    here_until timestamptz NOT NULL DEFAULT clock_now() + interval '15 seconds',
    changed_at timestamptz NOT NULL DEFAULT clock_now(),
    UNIQUE (session_id, account_id),
    UNIQUE (organization_id, id),
    CHECK (state <> 'admitted' OR admitted_by IS NOT NULL),
    FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, id),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, admitted_by) REFERENCES account (organization_id, id)
);

CREATE INDEX admission_open ON admission (organization_id, here_until) WHERE state IN ('waiting', 'admitted');
CREATE INDEX admission_inside ON admission (account_id) WHERE state = 'admitted';

-- What the admission says is how things are; this is how they were: one row from each knock, or each return to the waiting
-- room, to its end. A person who only ever waited has no admitted_at.
CREATE TYPE stay_ending AS ENUM ('left', 'denied', 'removed', 'sent_back', 'ended', 'vanished');
CREATE TABLE attendance (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    session_id bigint NOT NULL,
    admission_id bigint NOT NULL,
    name text NOT NULL,                                                                -- as confirmed at the door
    knocked_at timestamptz NOT NULL,
    admitted_at timestamptz,
    admitted_by bigint,
    ended_at timestamptz,
    ended_by bigint,                                                                   -- NULL: the house, or nobody yet
    ending stay_ending,
    CHECK ((ended_at IS NULL) = (ending IS NULL)),
    FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, id),
    FOREIGN KEY (organization_id, admission_id) REFERENCES admission (organization_id, id),
    FOREIGN KEY (organization_id, admitted_by) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, ended_by) REFERENCES account (organization_id, id)
);
CREATE UNIQUE INDEX attendance_open ON attendance (admission_id) WHERE ended_at IS NULL;
CREATE INDEX attendance_by_session ON attendance (session_id, knocked_at);

-- Whether a sign-in by this link still stands. By a link that was replaced it does for as long as its browser waits or is in.
CREATE FUNCTION link_stands(link bytea, session bigint, account bigint, device bytea) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM direct_link
        WHERE direct_link.token_hash = link_stands.link
          AND (direct_link.revoked_at IS NULL OR direct_link.replaced AND EXISTS (
               SELECT FROM admission
               WHERE admission.session_id = link_stands.session AND admission.account_id = link_stands.account
                 AND admission.device = link_stands.device AND admission.state IN ('waiting', 'admitted')))
    );

-- Which server process owns a session's live room. Orders of an older term are refused (signalling/gate.py).
CREATE TABLE visit_room (
    session_id bigint PRIMARY KEY,
    organization_id bigint NOT NULL,
    node text NOT NULL,
    term bigint NOT NULL DEFAULT 1,
    leased_until timestamptz NOT NULL,
    FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, id)
);

-- Money ------------------------------------------------------------------------------------------------------------------
-- Amounts are numeric in the invoice's currency, never floating point. What is paid and what is due is never stored but
-- counted from payments and refunds (invoice_balance), so that whatever told of them may come in any order and twice.
-- A draft may change; an issued invoice says for ever what it said, and is void, paid or refunded.
CREATE TYPE invoice_state AS ENUM ('draft', 'issued', 'paid', 'void', 'refunded');
CREATE TABLE invoice (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organization,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    number bigint,                              -- per organization without gaps, given at issue
    state invoice_state NOT NULL DEFAULT 'draft',
    client_id bigint,                           -- the file; NULL for a prospect
    account_id bigint,                          -- a prospect's account, who asked for the session
    session_id bigint,                          -- what it is for (A-29)
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    total numeric(12, 2) NOT NULL DEFAULT 0 CHECK (total >= 0),                        -- the sum of its lines, from the issue on
    seller text NOT NULL DEFAULT '',            -- both as they were at issue
    bill_to text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),                        -- for the client
    made_by bigint,                             -- NULL: the house, because a session was accepted
    made_at timestamptz NOT NULL DEFAULT clock_now(),
    issued_at timestamptz,
    paid_at timestamptz,                        -- when it was last settled
    voided_at timestamptz,
    waived_at timestamptz,                      -- since when staff let the client visit before it is paid (A-29)
    waived_by bigint,
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, number),
    CHECK (client_id IS NOT NULL OR account_id IS NOT NULL),
    CHECK ((number IS NULL) = (issued_at IS NULL)),
    CHECK (CASE state WHEN 'draft' THEN number IS NULL WHEN 'void' THEN true ELSE number IS NOT NULL END),
    CHECK ((state = 'void') = (voided_at IS NOT NULL)),
    CHECK ((waived_at IS NULL) = (waived_by IS NULL)),
    FOREIGN KEY (organization_id, client_id) REFERENCES client (organization_id, id),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, id),
    FOREIGN KEY (organization_id, made_by) REFERENCES account (organization_id, id),
    FOREIGN KEY (organization_id, waived_by) REFERENCES account (organization_id, id)
);
CREATE UNIQUE INDEX one_invoice_a_session ON invoice (session_id) WHERE state <> 'void';
CREATE INDEX invoice_by_client ON invoice (client_id, id DESC);
CREATE INDEX invoice_by_account ON invoice (account_id, id DESC) WHERE account_id IS NOT NULL;
CREATE INDEX invoice_by_age ON invoice (organization_id, id DESC);
CREATE INDEX invoice_open ON invoice (organization_id, id DESC) WHERE state = 'issued';

CREATE TABLE invoice_line (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),
    invoice_id bigint NOT NULL,
    description text NOT NULL CHECK (length(description) BETWEEN 1 AND 300),
    quantity numeric(5, 2) NOT NULL DEFAULT 1 CHECK (quantity > 0),                    -- hours, too
    unit_price numeric(10, 2) NOT NULL,                                                -- below zero: a discount
    amount numeric(12, 2) NOT NULL GENERATED ALWAYS AS (round(quantity * unit_price, 2)) STORED,
    FOREIGN KEY (organization_id, invoice_id) REFERENCES invoice (organization_id, id)
);
CREATE INDEX invoice_line_by_invoice ON invoice_line (invoice_id, id);

-- The last number given. Not in `organization`, whose row each new request holds for a moment.
CREATE TABLE invoice_series (
    organization_id bigint PRIMARY KEY REFERENCES organization,
    last_number bigint NOT NULL
);

-- Money that came, or is to come by card: `pending` until Stripe says what became of it. What is paid at the desk has come,
-- also by the clinic's own card reader (`terminal`), of which Stripe knows nothing.
CREATE TYPE payment_method AS ENUM ('card', 'cash', 'terminal', 'transfer', 'other');
CREATE TYPE payment_state AS ENUM ('pending', 'processing', 'succeeded', 'cancelled');
CREATE TABLE payment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),                                -- also Stripe's idempotency key
    invoice_id bigint NOT NULL,
    method payment_method NOT NULL,
    amount numeric(12, 2) NOT NULL CHECK (amount > 0),
    state payment_state NOT NULL DEFAULT 'pending',
    intent text UNIQUE,                         -- Stripe's PaymentIntent, once it was made
    failure text NOT NULL DEFAULT '',           -- of the last attempt, in words for the payer
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 300),
    made_by bigint NOT NULL,                    -- who paid by card, or who recorded it at the desk
    made_at timestamptz NOT NULL DEFAULT clock_now(),
    settled_at timestamptz,
    UNIQUE (organization_id, id),
    CHECK (method = 'card' OR (state = 'succeeded' AND intent IS NULL)),
    CHECK ((state = 'succeeded') = (settled_at IS NOT NULL)),
    FOREIGN KEY (organization_id, invoice_id) REFERENCES invoice (organization_id, id),
    FOREIGN KEY (organization_id, made_by) REFERENCES account (organization_id, id)
);
CREATE INDEX payment_by_invoice ON payment (invoice_id, id);
-- Two windows pay by one intent, which succeeds once.
CREATE UNIQUE INDEX one_open_card_payment ON payment (invoice_id) WHERE state IN ('pending', 'processing');

-- Money that went back. `owed_again`: it was recorded by mistake, or given back before all was paid, so the client owes it.
CREATE TYPE refund_state AS ENUM ('pending', 'succeeded', 'failed');
CREATE TABLE refund (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    public_id text NOT NULL UNIQUE DEFAULT random_id(),                                -- also Stripe's idempotency key
    payment_id bigint NOT NULL,
    amount numeric(12, 2) NOT NULL CHECK (amount > 0),
    owed_again boolean NOT NULL DEFAULT false,
    state refund_state NOT NULL DEFAULT 'pending',
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 300),
    made_by bigint,                             -- NULL: in Stripe's own pages
    made_at timestamptz NOT NULL DEFAULT clock_now(),
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, payment_id) REFERENCES payment (organization_id, id),
    FOREIGN KEY (organization_id, made_by) REFERENCES account (organization_id, id)
);
CREATE INDEX refund_by_payment ON refund (payment_id);
CREATE INDEX refund_pending ON refund (made_at) WHERE state = 'pending';
CREATE INDEX payment_pending ON payment (made_at) WHERE state IN ('pending', 'processing');

-- What Stripe told, each event once, and what came of it. Events that concern no payment of ours leave no row.
CREATE TABLE payment_event (
    id text PRIMARY KEY,                        -- Stripe's
    organization_id bigint NOT NULL,
    payment_id bigint NOT NULL,
    kind text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('applied', 'unchanged', 'refused')),      -- refused: its figures are not ours
    heard_at timestamptz NOT NULL DEFAULT clock_now(),
    FOREIGN KEY (organization_id, payment_id) REFERENCES payment (organization_id, id)
);

-- What came and what is due of each invoice. `surplus` came although it was not due: staff should give it back.
CREATE VIEW invoice_balance WITH (security_invoker) AS
SELECT invoice.id, money.paid, money.refunded,
       CASE WHEN invoice.state = 'issued' THEN greatest(0, invoice.total - money.paid + money.owed_again) ELSE 0 END AS due,
       CASE WHEN invoice.state = 'void' THEN money.paid - money.refunded
            ELSE greatest(0, money.paid - money.refunded - invoice.total) END AS surplus,
       money.paid - money.owed_again >= invoice.total AS covered
FROM invoice
CROSS JOIN LATERAL (
    SELECT coalesce((SELECT sum(amount) FROM payment WHERE invoice_id = invoice.id AND state = 'succeeded'), 0) AS paid,
           coalesce(sum(refund.amount), 0) AS refunded,
           coalesce(sum(refund.amount) FILTER (WHERE refund.owed_again), 0) AS owed_again
    FROM refund JOIN payment ON payment.id = refund.payment_id
    WHERE payment.invoice_id = invoice.id AND refund.state = 'succeeded'
) AS money;

-- An invoice as pages show it: whose it is, what is due, and who looks after it.
CREATE VIEW invoice_row WITH (security_invoker) AS
SELECT invoice.id, invoice.organization_id, invoice.public_id, invoice.number, invoice.state::text AS state, invoice.client_id,
       invoice.session_id, invoice.currency,
       CASE WHEN invoice.state = 'draft' OR invoice.number IS NULL
            THEN coalesce((SELECT sum(amount) FROM invoice_line WHERE invoice_id = invoice.id), 0) ELSE invoice.total END AS total,
       invoice.seller, invoice.bill_to, invoice.note, invoice.made_at, invoice.issued_at, invoice.paid_at, invoice.voided_at,
       invoice.waived_at, balance.paid, balance.refunded, balance.due, balance.surplus,
       client.public_id AS client, client.last_key, client.first_key,
       coalesce(client.first_name || ' ' || client.last_name, account.name) AS client_name,
       coalesce(client.account_id, invoice.account_id) AS client_account_id, client.department_id,
       array(SELECT association.department_id FROM association WHERE association.client_id = client.id
             UNION SELECT clinic.department_id) AS department_ids,
       session.public_id AS session, session.service_name, session.starts_at, session.host_id, session.clinic_id,
       session.state::text AS session_state, host.name AS host_name
FROM invoice
JOIN invoice_balance AS balance ON balance.id = invoice.id
LEFT JOIN client ON client.id = invoice.client_id
LEFT JOIN account ON account.id = invoice.account_id
LEFT JOIN session ON session.id = invoice.session_id
LEFT JOIN clinic ON clinic.id = session.clinic_id
LEFT JOIN account AS host ON host.id = session.host_id;

-- A person's own invoices: those of their file, and what they owed before they had one. Two indexes, one each.
CREATE FUNCTION invoices_of(account bigint) RETURNS SETOF invoice LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT invoice.* FROM client JOIN invoice ON invoice.client_id = client.id WHERE client.account_id = invoices_of.account
    UNION ALL
    SELECT invoice.* FROM invoice LEFT JOIN client ON client.id = invoice.client_id
    WHERE invoice.account_id = invoices_of.account AND client.account_id IS NULL;
END;

-- The state of an invoice after money came or went. Its row is locked first, so that two who settle it come one after the other.
CREATE FUNCTION settle(which bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM invoice WHERE id = which FOR NO KEY UPDATE;
    UPDATE invoice SET state = settled.state,
           paid_at = CASE WHEN settled.state = 'paid' AND invoice.state = 'issued' THEN clock_now() ELSE invoice.paid_at END
    FROM (SELECT CASE WHEN NOT covered THEN 'issued' WHEN refunded > 0 AND refunded >= paid THEN 'refunded'
                      ELSE 'paid' END::invoice_state AS state
          FROM invoice_balance WHERE id = which) AS settled
    WHERE invoice.id = which AND invoice.state IN ('issued', 'paid', 'refunded') AND invoice.state <> settled.state;
END $$;
CREATE FUNCTION settle_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM settle(NEW.invoice_id);
    RETURN NULL;
END $$;
CREATE TRIGGER settle AFTER INSERT OR UPDATE OF state ON payment FOR EACH ROW EXECUTE FUNCTION settle_payment();
-- No more goes back than came, whoever asks for it at the same time.
CREATE FUNCTION settle_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whole payment;
BEGIN
    SELECT * INTO whole FROM payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
    IF whole.state <> 'succeeded'
       OR (SELECT sum(amount) FROM refund WHERE payment_id = whole.id AND state <> 'failed') > whole.amount THEN
        RAISE EXCEPTION 'more goes back than came' USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_within_payment';
    END IF;
    PERFORM settle(whole.invoice_id);
    RETURN NULL;
END $$;
CREATE TRIGGER settle AFTER INSERT OR UPDATE OF state ON refund FOR EACH ROW EXECUTE FUNCTION settle_refund();

-- What was issued says for ever what it said.
CREATE FUNCTION issued_forever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.number, OLD.currency, OLD.total, OLD.seller, OLD.bill_to, OLD.note, OLD.issued_at)
       IS DISTINCT FROM (NEW.number, NEW.currency, NEW.total, NEW.seller, NEW.bill_to, NEW.note, NEW.issued_at)
       OR NEW.state = 'draft' OR (OLD.state = 'void' AND NEW.state <> 'void') THEN
        RAISE EXCEPTION 'an issued invoice never changes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER issued_forever BEFORE UPDATE ON invoice FOR EACH ROW WHEN (OLD.state <> 'draft')
    EXECUTE FUNCTION issued_forever();
CREATE FUNCTION lines_of_drafts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM invoice WHERE id = coalesce(NEW.invoice_id, OLD.invoice_id) AND state = 'draft') THEN
        RAISE EXCEPTION 'an issued invoice never changes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER lines_of_drafts BEFORE INSERT OR UPDATE OR DELETE ON invoice_line FOR EACH ROW EXECUTE FUNCTION lines_of_drafts();

-- Give a draft its number and its texts. One after the other in an organization, until the commit.
CREATE FUNCTION issue_invoice(which bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    next bigint;
BEGIN
    PERFORM FROM invoice WHERE id = which AND state = 'draft' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO invoice_series (organization_id, last_number) SELECT organization_id, 1 FROM invoice WHERE id = which
    ON CONFLICT (organization_id) DO UPDATE SET last_number = invoice_series.last_number + 1
    RETURNING last_number INTO next;
    UPDATE invoice SET number = next, state = 'issued', issued_at = clock_now(),
           total = coalesce((SELECT sum(amount) FROM invoice_line WHERE invoice_id = which), 0),
           seller = (SELECT concat_ws(E'\n', name, nullif(billing_text, '')) FROM organization
                     WHERE organization.id = invoice.organization_id),
           bill_to = coalesce((SELECT first_name || ' ' || last_name || E'\n' || email FROM client WHERE client.id = invoice.client_id),
                              (SELECT name || E'\n' || email FROM account WHERE account.id = invoice.account_id))
    WHERE id = which;
    PERFORM settle(which);
    RETURN true;
END $$;

-- A service's price counts as it was when somebody asked for it, whatever becomes of the service (R-162, A-12).
CREATE FUNCTION price_as_asked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT service.price, organization.currency INTO NEW.price, NEW.currency
    FROM service JOIN organization ON organization.id = service.organization_id WHERE service.id = NEW.service_id;
    RETURN NEW;
END $$;
CREATE TRIGGER price_as_asked BEFORE INSERT ON request FOR EACH ROW EXECUTE FUNCTION price_as_asked();

-- A service with a price issues its invoice when it is booked, by whatever way that happens (A-29); where an organization has
-- switched payments off, no invoice is made. A session that is called off before it begins owes nothing.
CREATE FUNCTION bill_session() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO invoice (organization_id, client_id, account_id, session_id, currency)
    SELECT NEW.organization_id, NEW.client_id, CASE WHEN NEW.client_id IS NULL THEN NEW.visitor_id END, NEW.id, request.currency
    FROM request JOIN organization ON organization.id = request.organization_id
    WHERE request.id = NEW.request_id AND request.price IS NOT NULL AND organization.portal_payments
    RETURNING id INTO made;
    IF made IS NOT NULL THEN
        INSERT INTO invoice_line (organization_id, invoice_id, description, unit_price)
        SELECT NEW.organization_id, made, NEW.service_name, request.price FROM request WHERE request.id = NEW.request_id;
        PERFORM issue_invoice(made);
        INSERT INTO audit_line (organization_id, verb, noun, noun_id) VALUES (NEW.organization_id, 'issue', 'invoice', made);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER bill_session AFTER INSERT ON session FOR EACH ROW WHEN (NEW.request_id IS NOT NULL)
    EXECUTE FUNCTION bill_session();
CREATE FUNCTION call_off_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    called_off bigint;
BEGIN
    UPDATE invoice SET state = 'void', voided_at = clock_now()
    WHERE invoice.session_id = NEW.id AND invoice.state IN ('draft', 'issued')
      AND NOT EXISTS (SELECT FROM payment WHERE invoice_id = invoice.id AND payment.state IN ('processing', 'succeeded'))
    RETURNING id INTO called_off;
    IF called_off IS NOT NULL THEN
        INSERT INTO audit_line (organization_id, verb, noun, noun_id) VALUES (NEW.organization_id, 'void', 'invoice', called_off);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER call_off_invoice AFTER UPDATE OF state ON session
    FOR EACH ROW WHEN (NEW.state = 'cancelled' AND OLD.state = 'scheduled' AND NEW.starts_at > clock_now())
    EXECUTE FUNCTION call_off_invoice();
-- What a prospect owed belongs to the file that they got.
CREATE FUNCTION file_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE invoice SET client_id = NEW.client_id WHERE session_id = NEW.id AND client_id IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER file_invoice AFTER UPDATE OF client_id ON session
    FOR EACH ROW WHEN (OLD.client_id IS NULL AND NEW.client_id IS NOT NULL) EXECUTE FUNCTION file_invoice();

-- Whether this session must be paid before its client may join (A-29, R-162): its invoice is open, and nobody waived that.
CREATE FUNCTION owes(session bigint) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM invoice JOIN organization ON organization.id = invoice.organization_id
        WHERE invoice.session_id = owes.session AND invoice.state = 'issued' AND invoice.waived_at IS NULL
          AND organization.portal_payments
    );

-- What leaves, and what is remembered -------------------------------------------------------------------------------------
-- The outbox: posted in the business transaction together with its job; a worker writes the letter and sends it after
-- commit, reading what it is about only then.
CREATE TABLE mail (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organization,
    message_id text NOT NULL UNIQUE DEFAULT random_id(),   -- one mail keeps one Message-ID through all tries
    kind text NOT NULL,                                    -- names its templates: web/templates/mail/<kind>.*
    recipient text NOT NULL,
    about_id bigint,                                       -- the request or session that it tells of
    details json NOT NULL DEFAULT '{}',                    -- what must be said as it was then; emptied once sent
    posted_at timestamptz NOT NULL DEFAULT clock_now(),
    subject text CHECK (subject !~ '[\r\n]'),
    body_text text,
    body_html text,
    calendar text,                                         -- an iCalendar object, or NULL
    sent_at timestamptz
);

-- A create or a decision that bears an idempotency key answers a repeat with its first answer.
CREATE TABLE answered (
    account_id bigint NOT NULL,
    organization_id bigint NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 8 AND 100),
    verb text NOT NULL,
    answer jsonb,
    answered_at timestamptz NOT NULL DEFAULT clock_now(),
    PRIMARY KEY (account_id, key),
    FOREIGN KEY (organization_id, account_id) REFERENCES account (organization_id, id)
);

-- Who did what. The app may add a line and read lines; nobody at run time may change or remove one.
CREATE TABLE audit_line (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organization,
    at timestamptz NOT NULL DEFAULT clock_now(),
    account_id bigint,                                     -- NULL: the house itself
    verb text NOT NULL,
    noun text NOT NULL,
    noun_id bigint NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    number bigint,                                         -- its place in the organization's chain; NULL until sealed
    seal bytea,                                            -- SHA-256 of the seal before and this line (records/audit.py)
    UNIQUE (organization_id, number),
    CHECK ((number IS NULL) = (seal IS NULL))
);
CREATE INDEX audit_line_unsealed ON audit_line (organization_id, id) WHERE seal IS NULL;
-- Where each organization's chain ends, so that lines removed from its end are missed too.
CREATE TABLE audit_head (
    organization_id bigint PRIMARY KEY REFERENCES organization,
    number bigint NOT NULL,
    seal bytea NOT NULL
);
CREATE INDEX audit_line_by_noun ON audit_line (organization_id, noun, noun_id);
-- Whether somebody looked at a form that came back (portal/returned_forms.py): at its answers, or at the sealed copy.
CREATE FUNCTION has_looked(account bigint, intake bigint, document bigint) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM audit_line AS line
        WHERE line.organization_id = tenant() AND line.account_id = has_looked.account AND line.verb = 'read'
          AND (line.noun, line.noun_id) IN (('intake', has_looked.intake), ('document', has_looked.document)));

-- The board ---------------------------------------------------------------------------------------------------------------
-- A host's sessions that touch [since, until], both ends included (A-08): what may conflict. One function, so that row and
-- dialog say the same. Bounded at both sides of ends_at, session_agenda finds them however many there are; OFFSET 0 keeps
-- it one look for each host and time, for flattened into a join the planner would read whole agendas.
CREATE FUNCTION sessions_touching(agenda_of bigint, since timestamptz, until timestamptz) RETURNS SETOF session
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT * FROM session
    WHERE session.host_id = agenda_of AND session.state IN ('scheduled', 'in_progress')
      AND session.ends_at >= since AND session.ends_at <= until + interval '12 hours' AND session.starts_at <= until
    OFFSET 0;
END;

-- The times that a request is about: those asked for, or for Now the one that begins this moment (A-26), with rank 0.
CREATE VIEW asked_time WITH (security_invoker) AS
SELECT request_id, rank, starts_at, ends_at FROM requested_time
UNION ALL
SELECT id, 0::smallint, clock_now(), clock_now() + duration FROM request WHERE kind = 'now';

-- What lies near a pending request's times. For one host: how many of their sessions are within two hours (R-099). For
-- the group: how many of the clinic's hosts are available and free (A-10, A-27), and how many there are: the rule of
-- host_is_available, joined once for all hosts instead of once for each. At a time that has begun nobody is.
CREATE VIEW near_time WITH (security_invoker) AS
SELECT asked_time.request_id, asked_time.rank, asked_time.starts_at,
       CASE WHEN request.host_id IS NOT NULL THEN
           (SELECT count(*) FROM sessions_touching(request.host_id, asked_time.starts_at - interval '2 hours',
                                                   asked_time.ends_at + interval '2 hours')) END AS sessions,
       CASE WHEN request.host_id IS NULL THEN crowd.free END AS free,
       CASE WHEN request.host_id IS NULL THEN crowd.hosts END AS hosts
FROM asked_time
JOIN request ON request.id = asked_time.request_id
CROSS JOIN LATERAL (
    SELECT count(*) AS hosts,
           count(*) FILTER (WHERE asked_time.starts_at >= clock_now()
               AND host.takes_requests AND (clinic.availability = 'calendar' OR clinic_host.on_demand)
               AND host_is_free(host.account_id, asked_time.starts_at, asked_time.ends_at)
               AND (clinic.availability = 'on_demand'
                    OR open_hours(host.account_id, asked_time.starts_at, asked_time.ends_at)
                       @> tstzrange(asked_time.starts_at, asked_time.ends_at))) AS free
    FROM clinic
    JOIN clinic_host ON clinic_host.clinic_id = clinic.id
    JOIN host ON host.account_id = clinic_host.account_id
    JOIN account ON account.id = host.account_id
    WHERE clinic.id = request.clinic_id AND request.host_id IS NULL AND account.state = 'active'
) AS crowd;

-- What a scheduler sees of a request (R-103 to R-112). With the rights of whoever reads it, so row-level security holds.
CREATE VIEW board_row WITH (security_invoker) AS
SELECT request.id, request.public_id, request.number, request.clinic_id, clinic.public_id AS clinic_public_id,
       request.state, request.kind, request.service_name, request.note, request.answers, request.submitted_at,
       request.expires_at, requester.name AS requester_name, clinic.name AS clinic_name, clinic.patient_group,
       clinic.host_group, request.host_id, coalesce(host.name, clinic.host_group) AS request_to,
       (extract(epoch FROM clock_now() - request.submitted_at) * 1000)::float8 AS age_ms,
       (extract(epoch FROM clinic.red_after) * 1000)::float8 AS red_after_ms,
       array(SELECT requested_time.starts_at FROM requested_time
             WHERE requested_time.request_id = request.id ORDER BY rank) AS times,
       CASE WHEN request.state = 'pending' THEN
           (SELECT json_agg(json_build_object('rank', near_time.rank, 'starts_at', near_time.starts_at,
                'sessions', near_time.sessions, 'free', near_time.free, 'hosts', near_time.hosts) ORDER BY near_time.rank)
            FROM near_time WHERE near_time.request_id = request.id) END AS near,
       request.decided_at, decider.name AS decided_by_name, request.response,
       (extract(epoch FROM request.decided_at - request.submitted_at) * 1000)::float8 AS waited_ms,
       session_host.name AS session_host_name, session.starts_at AS session_starts_at,
       (extract(epoch FROM statement_timestamp()) * 1000000)::int8 AS read_at
FROM request
JOIN clinic ON clinic.id = request.clinic_id
JOIN account AS requester ON requester.id = request.requester_id
LEFT JOIN account AS host ON host.id = request.host_id
LEFT JOIN account AS decider ON decider.id = request.decided_by
LEFT JOIN session ON session.request_id = request.id
LEFT JOIN account AS session_host ON session_host.id = session.host_id;

-- Notify: a hint that a row changed, never its data. records/feed.py hears it after commit.
CREATE FUNCTION hint(organization bigint, "table" text, id bigint) RETURNS void LANGUAGE sql
    RETURN pg_notify('change', json_build_object('organization', organization, 'table', "table", 'id', id)::text);

-- TG_ARGV: what is named, and the column that says which one; without them the table and its id.
CREATE FUNCTION announce() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed json := row_to_json(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END);
BEGIN
    PERFORM hint((changed ->> 'organization_id')::bigint, coalesce(TG_ARGV[0], TG_TABLE_NAME),
                 (changed ->> coalesce(TG_ARGV[1], 'id'))::bigint);
    RETURN NULL;
END $$;

CREATE FUNCTION announce_features() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hint(NEW.id, 'features', NEW.id);
    RETURN NULL;
END $$;

-- Whatever changes when a host is free changes their agenda; the pending requests that it touches are read again.
-- A session that moves from one host to another changes two.
CREATE FUNCTION announce_agenda() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hint(NEW.organization_id, 'agenda', NEW.host_id);
    IF TG_OP = 'UPDATE' AND OLD.host_id <> NEW.host_id THEN
        PERFORM hint(OLD.organization_id, 'agenda', OLD.host_id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER announce AFTER INSERT OR UPDATE ON request FOR EACH ROW EXECUTE FUNCTION announce();
CREATE TRIGGER announce AFTER INSERT OR UPDATE ON session FOR EACH ROW EXECUTE FUNCTION announce();
-- Renewing `here_until` is no news; whoever makes news sets `changed_at`.
CREATE TRIGGER announce AFTER INSERT OR UPDATE OF state, changed_at ON admission FOR EACH ROW EXECUTE FUNCTION announce();
CREATE TRIGGER announce AFTER INSERT OR UPDATE ON clinic FOR EACH ROW EXECUTE FUNCTION announce();
CREATE TRIGGER announce AFTER UPDATE OF name, state ON account FOR EACH ROW EXECUTE FUNCTION announce();
-- An account that is approved or closed has other rights, also on open pages.
CREATE TRIGGER announce_rights AFTER UPDATE OF state ON account FOR EACH ROW WHEN (OLD.state <> NEW.state)
    EXECUTE FUNCTION announce('rights', 'id');
CREATE TRIGGER announce AFTER INSERT OR DELETE ON account_role
    FOR EACH ROW EXECUTE FUNCTION announce('rights', 'account_id');
-- Whose care relationship ends loses rights at once, also on open pages.
CREATE FUNCTION announce_association() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hint(OLD.organization_id, 'rights', account_id) FROM client WHERE id = OLD.client_id AND account_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER announce AFTER DELETE ON association FOR EACH ROW EXECUTE FUNCTION announce_association();
-- Who may meet whom from now on stands on both sides' pages, as the answer to a connection request does.
CREATE FUNCTION announce_new_association() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hint(NEW.organization_id, 'connection_request', NEW.practitioner_id);
    PERFORM hint(NEW.organization_id, 'connection_request', account_id)
    FROM client WHERE id = NEW.client_id AND account_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER announce_new AFTER INSERT ON association FOR EACH ROW EXECUTE FUNCTION announce_new_association();
-- Both sides' pages show a connection request, and every member's a message: the hints name these accounts.
CREATE FUNCTION announce_connection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hint(NEW.organization_id, 'connection_request', NEW.practitioner_id);
    PERFORM hint(NEW.organization_id, 'connection_request', account_id)
    FROM client WHERE id = NEW.client_id AND account_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER announce AFTER INSERT OR UPDATE OF state ON connection_request
    FOR EACH ROW EXECUTE FUNCTION announce_connection();
-- A client's pages show their forms; saving answers is no news, but that it was begun is. That one came back stands on the
-- pages of the sender and of the client's practitioners, too.
CREATE FUNCTION announce_intake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hint(NEW.organization_id, 'intake', account_id) FROM client WHERE id = NEW.client_id AND account_id IS NOT NULL;
    IF NEW.state = 'completed' THEN
        PERFORM hint(NEW.organization_id, 'intake', account_id)
        FROM (SELECT NEW.sent_by UNION SELECT practitioner_id FROM association WHERE client_id = NEW.client_id) AS told (account_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER announce AFTER INSERT ON intake FOR EACH ROW EXECUTE FUNCTION announce_intake();
CREATE TRIGGER announce_state AFTER UPDATE OF state ON intake FOR EACH ROW WHEN (OLD.state <> NEW.state)
    EXECUTE FUNCTION announce_intake();
CREATE FUNCTION announce_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hint(NEW.organization_id, 'message', account_id) FROM thread_member WHERE thread_id = NEW.thread_id;
    RETURN NULL;
END $$;
CREATE TRIGGER announce AFTER INSERT ON message FOR EACH ROW EXECUTE FUNCTION announce_message();
-- Whoever sees an invoice or the session that it is for sees at once that it was paid, waived or called off. Without a session
-- the hint names the client's account.
CREATE FUNCTION announce_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hint(NEW.organization_id, 'session', NEW.session_id) WHERE NEW.session_id IS NOT NULL;
    PERFORM hint(NEW.organization_id, 'invoice', coalesce(client.account_id, NEW.account_id))
    FROM (SELECT) AS one LEFT JOIN client ON client.id = NEW.client_id
    WHERE coalesce(client.account_id, NEW.account_id) IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER announce AFTER INSERT OR UPDATE OF state, waived_at ON invoice
    FOR EACH ROW EXECUTE FUNCTION announce_invoice();
-- An offer changes the page of the client who waits, and the host's times.
CREATE FUNCTION announce_offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hint(NEW.organization_id, 'waitlist', client.account_id)
    FROM waitlist_place JOIN client ON client.id = waitlist_place.client_id
    WHERE waitlist_place.id = NEW.place_id AND client.account_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER announce AFTER INSERT OR UPDATE OF state ON waitlist_offer FOR EACH ROW EXECUTE FUNCTION announce_offer();
-- What was read in one window is read in the others, and whoever wrote it sees that it was seen.
CREATE TRIGGER announce AFTER UPDATE OF read_until ON thread_member
    FOR EACH ROW EXECUTE FUNCTION announce_message();
-- Who is asked to join a thread finds it in their list.
CREATE TRIGGER announce_member AFTER INSERT ON thread_member
    FOR EACH ROW EXECUTE FUNCTION announce('message', 'account_id');
-- What the portal has changes for everybody; a seat for whoever gets or loses it, and for their clients' pages.
CREATE TRIGGER announce_features AFTER UPDATE OF portal_forms, portal_payments, portal_messages, portal_scheduling ON organization
    FOR EACH ROW WHEN (ROW(OLD.portal_forms, OLD.portal_payments, OLD.portal_messages, OLD.portal_scheduling)
                       IS DISTINCT FROM ROW(NEW.portal_forms, NEW.portal_payments, NEW.portal_messages, NEW.portal_scheduling))
    EXECUTE FUNCTION announce_features();
CREATE TRIGGER announce AFTER INSERT OR UPDATE ON portal_seat
    FOR EACH ROW EXECUTE FUNCTION announce('features', 'organization_id');
CREATE TRIGGER announce AFTER INSERT OR DELETE ON clinic_scheduler
    FOR EACH ROW EXECUTE FUNCTION announce('rights', 'account_id');
-- The same person's other windows show the same clinics.
CREATE TRIGGER announce AFTER INSERT OR UPDATE ON board_filter
    FOR EACH ROW EXECUTE FUNCTION announce('filter', 'account_id');
CREATE TRIGGER announce_agenda AFTER INSERT OR UPDATE OF host_id, starts_at, ends_at, state ON session
    FOR EACH ROW EXECUTE FUNCTION announce_agenda();
CREATE TRIGGER announce_agenda AFTER INSERT OR UPDATE OR DELETE ON clinic_host
    FOR EACH ROW EXECUTE FUNCTION announce('agenda', 'account_id');
-- Who joins or leaves a clinic's hosts changes how many there are, also after the row that said so is gone.
CREATE TRIGGER announce_clinic AFTER INSERT OR DELETE ON clinic_host
    FOR EACH ROW EXECUTE FUNCTION announce('clinic', 'clinic_id');
CREATE TRIGGER announce_agenda AFTER INSERT OR UPDATE ON host
    FOR EACH ROW EXECUTE FUNCTION announce('agenda', 'account_id');
CREATE TRIGGER announce_agenda AFTER INSERT OR UPDATE OR DELETE ON weekly_hours
    FOR EACH ROW EXECUTE FUNCTION announce('agenda', 'host_id');
CREATE TRIGGER announce_agenda AFTER INSERT OR UPDATE OR DELETE ON special_hours
    FOR EACH ROW EXECUTE FUNCTION announce('agenda', 'host_id');

-- Rights ------------------------------------------------------------------------------------------------------------------
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO anteroom_app, anteroom_system;

-- The app sees one organization: the one of its transaction. A query without a tenant sees nothing.
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['department', 'account', 'account_role', 'client', 'association', 'clinic', 'clinic_host',
        'clinic_scheduler', 'service', 'form_field', 'host', 'weekly_hours', 'special_hours', 'board_filter', 'request',
        'requested_time', 'session', 'admission', 'attendance', 'visit_room', 'direct_link', 'guest', 'mail', 'answered', 'audit_line',
        'audit_head',
        'sign_in', 'second_step', 'recovery_code', 'password_reset', 'email_change', 'passkey_challenge', 'email_code', 'api_token',
        'setup_link', 'passkey',
        'public_profile', 'thread', 'thread_member', 'message', 'connection_request', 'portal_seat', 'stored_file', 'intake_form',
        'intake_form_version', 'invitation', 'document', 'intake', 'signature', 'attachment',
        'invoice', 'invoice_line', 'invoice_series', 'payment', 'refund', 'payment_event',
        'self_scheduled', 'waitlist_place', 'waitlist_offer', 'reminder']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO anteroom_app
                        USING (organization_id = tenant()) WITH CHECK (organization_id = tenant())', name);
    END LOOP;
END $$;
-- What nobody confirmed is nobody's, and the staff does not see it.
ALTER TABLE registration ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON registration TO anteroom_app USING (organization_id = tenant() AND account_id IS NOT NULL);
ALTER TABLE organization ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON organization TO anteroom_app USING (id = tenant()) WITH CHECK (id = tenant());

GRANT SELECT ON organization, department, account_role, client, association, clinic, clinic_host, clinic_scheduler, service,
    form_field, host, weekly_hours, special_hours, board_filter, request, requested_time, session, admission, attendance,
    visit_room, guest, answered, audit_line, asked_time, near_time, board_row, public_profile, thread, thread_member, message,
    connection_request TO anteroom_app;
GRANT SELECT (id, organization_id, public_id, username, email, name, state, time_zone, unwanted_mail, created_at, has_password,
    hides_first_steps) ON account TO anteroom_app;
GRANT SELECT (id, public_id, account_id, organization_id, email, department_id, practitioner_id, unsure, first_name, last_name, date_of_birth, phone, region, language,
    reason, earlier_care, emergency_contact, sent_at, confirmed_at) ON registration TO anteroom_app;
GRANT INSERT ON association, clinic, clinic_host, clinic_scheduler, service, form_field, host, weekly_hours, special_hours,
    board_filter, request, requested_time, session, admission, attendance, visit_room, guest, answered, mail,
    audit_line TO anteroom_app;
GRANT INSERT (token_hash, organization_id, session_id, account_id) ON direct_link TO anteroom_app;
GRANT INSERT ON client, department, account_role, public_profile, thread, thread_member, message, connection_request
    TO anteroom_app;
GRANT INSERT (token_hash, organization_id, account_id, expires_at), SELECT (account_id, used_at), UPDATE (used_at)
    ON setup_link TO anteroom_app;                                                      -- a newer link ends the older ones
GRANT DELETE ON association, account_role TO anteroom_app;
GRANT UPDATE (registration) ON organization TO anteroom_app;
GRANT UPDATE (name), DELETE ON department TO anteroom_app;
-- Never a password or a second factor: those belong to the system role's ways in.
GRANT UPDATE (state, name, email, time_zone, unwanted_mail, hides_first_steps) ON account TO anteroom_app;
GRANT UPDATE (account_id, first_name, last_name, email, date_of_birth, department_id, active) ON client TO anteroom_app;
GRANT UPDATE (department_id) ON association TO anteroom_app;
GRANT UPDATE (title, about, takes_connections) ON public_profile TO anteroom_app;
GRANT UPDATE (read_until, read_at, account_id) ON thread_member TO anteroom_app;                 -- account_id: follow_file
GRANT UPDATE (state, decided_at) ON connection_request TO anteroom_app;
-- Whoever arranges a session invites people who have no account yet (dispatch/guests.py); never with a password.
GRANT INSERT (organization_id, username, email, name, state) ON account TO anteroom_app;
GRANT DELETE ON clinic_host, clinic_scheduler, form_field, weekly_hours, special_hours TO anteroom_app;
GRANT UPDATE (requests_open, name, time_zone, currency, last_request_number) ON organization TO anteroom_app;
GRANT UPDATE (department_id, name, patient_group, host_group, availability, hosts_see_group_queue, open, allow_override,
    now_expires_after, red_after, join_before, join_after, client_cancel_before, client_move_before, contact, offer_for)
    ON clinic TO anteroom_app;
GRANT UPDATE (name, description, duration, price, offered, booking) ON service TO anteroom_app;
GRANT UPDATE (position, kind, label, required, choices) ON form_field TO anteroom_app;
GRANT UPDATE (takes_requests, time_zone, buffer_before, buffer_after, minimum_notice, horizon, self_scheduling, confirms, waitlist)
    ON host TO anteroom_app;
GRANT UPDATE (weekday, starts_minute, ends_minute) ON weekly_hours TO anteroom_app;
GRANT UPDATE (day, open, starts_minute, ends_minute) ON special_hours TO anteroom_app;
GRANT UPDATE (clinic_ids) ON board_filter TO anteroom_app;
GRANT UPDATE (on_demand, switched_off_at) ON clinic_host TO anteroom_app;
GRANT UPDATE (state, decided_by, decided_at, response) ON request TO anteroom_app;
GRANT UPDATE (state, host_id, starts_at, ends_at, override, sequence, reason, locked, timed_at) ON session TO anteroom_app;
GRANT UPDATE (client_id, visitor_id) ON session TO anteroom_app;                        -- people/approval.py: whose they become
GRANT UPDATE (state, name, epoch, knocked_at, admitted_by, admitted_at, sentence, message, by_link, device, other_device,
    here_until, changed_at) ON admission TO anteroom_app;
GRANT UPDATE (admitted_at, admitted_by, ended_at, ended_by, ending) ON attendance TO anteroom_app;
GRANT UPDATE (node, term, leased_until) ON visit_room TO anteroom_app;
GRANT UPDATE (revoked_at, replaced) ON direct_link TO anteroom_app;
GRANT SELECT ON direct_link TO anteroom_app;
GRANT UPDATE (revoked_at) ON guest TO anteroom_app;
GRANT SELECT ON mail TO anteroom_app;
GRANT UPDATE (subject, body_text, body_html, calendar, details, sent_at) ON mail TO anteroom_app;
GRANT UPDATE (answer) ON answered TO anteroom_app;
-- The portal. Whatever was signed, sealed or stored is written once.
GRANT SELECT, INSERT ON portal_seat, stored_file, intake_form, intake_form_version, invitation, document, intake, signature,
    attachment TO anteroom_app;
GRANT UPDATE (portal_forms, portal_payments, portal_messages, portal_scheduling) ON organization TO anteroom_app;
GRANT UPDATE (subscribed, may_invite, changed_at) ON portal_seat TO anteroom_app;
GRANT UPDATE (name, archived_at) ON intake_form TO anteroom_app;
GRANT UPDATE (number, content, hash, revision, changed_at, published_at, published_by) ON intake_form_version TO anteroom_app;
GRANT DELETE ON intake_form_version TO anteroom_app;                                    -- a draft; published_forever keeps the rest
GRANT UPDATE (email, sent_by, sent_at, expires_at, accepted_at, revoked_at) ON invitation TO anteroom_app;
GRANT UPDATE (state, answers, revision, saved_at, ended_at, reminded_at, reminders, document_id) ON intake TO anteroom_app;

-- Files, papers and their seals.
ALTER TABLE sealing_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sealing_key TO anteroom_app USING (organization_id = tenant()) WITH CHECK (organization_id = tenant());
GRANT SELECT, INSERT ON sealing_key TO anteroom_app;
GRANT SELECT (name) ON stored_file TO anteroom_system;                                   -- records/files.py settles what was written
CREATE POLICY system ON stored_file TO anteroom_system USING (true);

ALTER TABLE export ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON export TO anteroom_app USING (organization_id = tenant()) WITH CHECK (organization_id = tenant());
CREATE POLICY system ON export TO anteroom_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON export TO anteroom_app;
GRANT UPDATE (state, done, steps, file_id, ready_at, expires_at) ON export TO anteroom_app;
-- The worker finds whose an export is, and removes those that have ended, with their files. Foreign keys keep all others.
GRANT SELECT (id, organization_id, state, file_id, expires_at), UPDATE (state, file_id) ON export TO anteroom_system;
GRANT SELECT (id, organization_id), DELETE ON stored_file TO anteroom_system;

-- Money: what came, went and was told is never removed. Lines go only with what changes in a draft (lines_of_drafts).
GRANT SELECT, INSERT ON invoice, invoice_line, invoice_series, payment, refund, payment_event TO anteroom_app;
GRANT SELECT ON invoice_balance, invoice_row TO anteroom_app;
GRANT UPDATE (number, state, client_id, total, seller, bill_to, note, issued_at, paid_at, voided_at, waived_at, waived_by)
    ON invoice TO anteroom_app;
GRANT UPDATE (last_number) ON invoice_series TO anteroom_app;
GRANT DELETE ON invoice_line TO anteroom_app;
GRANT UPDATE (state, intent, failure, settled_at) ON payment TO anteroom_app;
GRANT UPDATE (state) ON refund TO anteroom_app;
GRANT UPDATE (verdict) ON payment_event TO anteroom_app;
GRANT UPDATE (billing_text) ON organization TO anteroom_app;
-- Self-scheduling, the waitlist and reminders.
GRANT SELECT, INSERT ON self_scheduled, waitlist_place, waitlist_offer, reminder TO anteroom_app;
GRANT DELETE ON self_scheduled TO anteroom_app;
GRANT UPDATE (state, ended_at) ON waitlist_place, waitlist_offer TO anteroom_app;

-- The system role: sign-in and its ways around, the workers, the demo mailbox. Column by column.
GRANT SELECT (id, public_id, slug, name, time_zone, registration, portal_forms, portal_payments, portal_messages, portal_scheduling)
    ON organization TO anteroom_system;
GRANT SELECT ON portal_seat TO anteroom_system;                                         -- what somebody's pages show
GRANT SELECT (id, organization_id, public_id, username, email, name, password_hash, totp_secret, totp_step, state, time_zone,
    unwanted_mail, has_password) ON account TO anteroom_system;
GRANT SELECT ON department, registration, setup_link, passkey TO anteroom_system;       -- registering, and the ways in
GRANT INSERT ON registration, setup_link TO anteroom_system;
GRANT SELECT (id, organization_id, account_id, accepted_at, revoked_at), UPDATE (email, sent_at, expires_at)
    ON invitation TO anteroom_system;                                                   -- people/setup.py: sent again
GRANT SELECT (organization_id, account_id, title, takes_connections) ON public_profile TO anteroom_system; -- whom newcomers may choose
GRANT UPDATE (used_at) ON setup_link TO anteroom_system;
GRANT UPDATE (account_id, username, password_hash, confirmed_at, token_hash, sent_at) ON registration TO anteroom_system;
GRANT DELETE ON registration TO anteroom_system;                                        -- those that nobody confirmed
GRANT INSERT, DELETE ON passkey TO anteroom_system;
GRANT UPDATE (sign_count, used_at, name) ON passkey TO anteroom_system;
GRANT SELECT ON account_role, sign_in, second_step, mail, schema_version, recovery_code, password_reset, email_change,
    passkey_challenge, email_code, api_token, direct_link, audit_line, audit_head TO anteroom_system;
GRANT SELECT (id, organization_id, account_id, first_name, last_name, email, date_of_birth, active) ON client TO anteroom_system;
GRANT UPDATE (active, email) ON client TO anteroom_system;                              -- follow_account; a changed address
GRANT SELECT (id, organization_id, state, expires_at) ON request TO anteroom_system;    -- what is due to expire
GRANT SELECT (organization_id, clinic_id, account_id, on_demand) ON clinic_host TO anteroom_system;  -- web/absence.py
GRANT SELECT (id, availability) ON clinic TO anteroom_system;
GRANT SELECT (organization_id, session_id, account_id, device, state) ON admission TO anteroom_system; -- what is to close; link_stands
GRANT SELECT (organization_id, public_id, intent, state, made_at) ON payment TO anteroom_system;  -- whose it is that Stripe tells of,
GRANT SELECT (organization_id, state, sent_at, reminded_at, reminders) ON intake TO anteroom_system; -- portal/form_reminders.py
GRANT SELECT (id, organization_id, state, starts_at, ends_at, timed_at) ON session TO anteroom_system; -- dispatch/closing.py, reminders.py
GRANT SELECT (session_id, starts_at, lead) ON reminder TO anteroom_system;              -- what is to be posted
GRANT SELECT (id, organization_id, state, expires_at) ON waitlist_offer TO anteroom_system;  -- what is due to expire
GRANT SELECT (id, organization_id, state, made_at) ON refund TO anteroom_system;            -- and where Stripe is to be asked
GRANT INSERT, DELETE ON sign_in, second_step, recovery_code TO anteroom_system;
GRANT INSERT ON account, account_role, password_reset, email_change, passkey_challenge, email_code, api_token, mail, audit_line,
    audit_head TO anteroom_system;
GRANT UPDATE (seen_at) ON sign_in TO anteroom_system;
GRANT UPDATE (device_hash, opened_at, other_at) ON direct_link TO anteroom_system;
GRANT UPDATE (username, email, password_hash, totp_secret, totp_step, state, name) ON account TO anteroom_system;
GRANT UPDATE (used_at) ON recovery_code, password_reset, email_change TO anteroom_system;
GRANT UPDATE (tries, used_at) ON email_code TO anteroom_system;
GRANT UPDATE (used_at, revoked_at) ON api_token TO anteroom_system;
GRANT UPDATE (number, seal) ON audit_line TO anteroom_system;
GRANT UPDATE (number, seal) ON audit_head TO anteroom_system;
GRANT DELETE ON password_reset, email_change, passkey_challenge, email_code, setup_link, answered TO anteroom_system; -- records/purge.py
GRANT SELECT (account_id, key, answered_at) ON answered TO anteroom_system;
CREATE POLICY system ON answered TO anteroom_system USING (true);
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['organization', 'account', 'account_role', 'client', 'sign_in', 'second_step', 'mail',
        'recovery_code', 'password_reset', 'email_change', 'passkey_challenge', 'email_code', 'api_token', 'direct_link', 'audit_line', 'audit_head',
        'request', 'clinic', 'clinic_host', 'admission', 'session', 'department', 'registration', 'setup_link', 'passkey',
        'public_profile',
        'payment', 'refund', 'portal_seat', 'reminder', 'waitlist_offer', 'invitation', 'intake'] LOOP
        EXECUTE format('CREATE POLICY system ON %I TO anteroom_system USING (true) WITH CHECK (true)', name);
    END LOOP;
END $$;
