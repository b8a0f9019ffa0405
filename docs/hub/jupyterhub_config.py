"""A JupyterHub for the workbench's team mode: copy it, change what stands under CHANGE, keep the rest.

`docs/hub/README.md` says in which order everything is set up. The workbench's tests run this very file, with another
way to log in, one account of the operating system and a proxy in Python (`tests/hub/`). For JupyterHub 6.
"""

from urllib.parse import quote

c = get_config()  # noqa: F821 - JupyterHub brings it

# CHANGE ---------------------------------------------------------------------------------------------------------------

HOST = "hub.example"  # and *.hub.example: both in DNS and in the certificate; no other site lives below this name
CERTIFICATE, KEY = "/etc/jupyterhub/hub.example.crt", "/etc/jupyterhub/hub.example.key"
STATE = "/srv/jupyterhub"  # root's, 0700: the Hub's database, cookie secret and certificates
PROGRAMS = "/opt/workbench/bin"  # a virtual environment that root owns and nobody else can write to
DATABASE = "workbench"  # made by `workbench team init`

MEMBERS = {  # the workbench's role, a dash for a space → the Hub's names of people
    "researcher": ["ada"],
    "analyst": [],
    "educator": ["edith"],
    "student": ["bob"],
    "auditor": [],
    "privacy-officer": [],
    "admin": [],
}
CLASSES = {"A": {"educators": ["edith"], "students": ["bob"]}}


def store_address(spawner):
    """Return where this person's store is: under their own login role, and without a secret.

    Here PostgreSQL runs on this machine and asks the operating system who is there: ``local workbench all peer``. For
    one on another machine, ``hostssl workbench all all cert``, give each person a client certificate for their login
    role, in files that only they can read:

        postgresql://{login}@db.example/workbench?sslrootcert=/etc/ssl/db.crt
            &sslcert=/home/{login}/.postgresql/postgresql.crt&sslkey=/home/{login}/.postgresql/postgresql.key

    or a password file of theirs, 0600: ``…?passfile=/home/{login}/.pgpass``. Never one login role for all: what a
    kernel knows, its user knows, and row-level security would see one person where there are many.
    """
    login = quote(spawner.user.name, safe="")
    return f"postgresql://{login}@/{DATABASE}?host=/run/postgresql"


# Who comes in ---------------------------------------------------------------------------------------------------------

# An identity provider that asks for a second factor, and for a passkey where it can; the Hub itself asks for none.
c.JupyterHub.authenticator_class = "oauthenticator.generic.GenericOAuthenticator"
c.Authenticator.allow_all = False
c.Authenticator.allowed_users = {name for names in MEMBERS.values() for name in names}

# Nobody is the Hub's admin: that role can open everybody's server. It would not make anyone the workbench's admin.
c.Authenticator.admin_users = set()

# Users apart from each other ------------------------------------------------------------------------------------------

c.JupyterHub.bind_url = "https://:443"
c.JupyterHub.ssl_cert, c.JupyterHub.ssl_key = CERTIFICATE, KEY

# Each server on a host of its own, https://ada.hub.example: the browser's same-origin policy then holds between people.
# "JupyterHub makes no guarantees about protecting users from each other unless subdomains are enabled" (its page on
# web security).
c.JupyterHub.subdomain_host = f"https://{HOST}"
c.JupyterHub.cookie_host_prefix_enabled = True  # a neighbour's subdomain can't toss a cookie over here
c.JupyterHub.tornado_settings = {"cookie_options": {"SameSite": "Lax"}}  # of the servers' cookies too
c.JupyterHub.cookie_max_age_days = 0.5  # twelve hours, as a session of the workbench (SP 800-63B-4, 2.2.3: at most 24)

# Proxy, Hub and servers verify each other: without it another account of this machine could speak for any of them, and
# read tokens on the loopback interface.
c.JupyterHub.internal_ssl = True
c.JupyterHub.internal_certs_location = f"{STATE}/internal-ssl"
c.JupyterHub.cookie_secret_file = f"{STATE}/jupyterhub_cookie_secret"
c.JupyterHub.db_url = f"sqlite:///{STATE}/jupyterhub.sqlite"

# Each person's server is a process of their own account of the operating system.
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"

# The server runs from an environment that its user can't change: an absolute path, no login shell before it, no
# packages or configuration from the home folder, and no variables but these.
c.Spawner.cmd = [f"{PROGRAMS}/jupyterhub-singleuser"]
c.Spawner.disable_user_config = True
c.Spawner.env_keep = ["LANG"]
c.Spawner.environment = {
    "PATH": f"{PROGRAMS}:/usr/bin:/bin",
    "PYTHONNOUSERSITE": "1",
    "WORKBENCH_STORE": store_address,  # called for each server
}

# internal_ssl doesn't reach the sockets between a server and its kernels; this does.
c.Spawner.args = ["--KernelManager.transport_encryption=required"]

# Who may do what ------------------------------------------------------------------------------------------------------

AUTHORS = "researcher educator student"
EVERYONE = "researcher analyst educator student auditor privacy-officer admin"

# Permission → who has it, as in `workbench/identity/roles.csv`; a test compares them.
PERMISSIONS = {
    "prompt:create": AUTHORS,
    "content:read": AUTHORS,
    "content:delete": AUTHORS,
    "content:share": AUTHORS,
    "anonymised:read": "researcher analyst educator student privacy-officer",
    "reid-map:read": "researcher privacy-officer",
    "usage:read": AUTHORS,
    "usage:publish": "privacy-officer",
    "stats:query": "researcher analyst educator auditor privacy-officer",
    "release:request": "researcher analyst",
    "release:approve": "privacy-officer",
    "account:self": EVERYONE,
    "account:factors": EVERYONE,
    "account:export": EVERYONE,
    "account:erase": EVERYONE,
    "request:read": "auditor privacy-officer",
    "request:handle": "privacy-officer",
    "consent:read": "researcher educator student auditor privacy-officer",
    "inventory:read": "auditor privacy-officer",
    "inventory:edit": "privacy-officer",
    "retention:read": "auditor privacy-officer admin",
    "retention:edit": "privacy-officer admin",
    "hold:place": "privacy-officer admin",
    "user:create": "educator admin",
    "role:grant": "educator admin",
    "role:approve": "privacy-officer admin",
    "audit:read": EVERYONE,
    "audit:verify": EVERYONE,
    "config:read": "auditor admin",
    "config:edit": "admin",
    "keys:rotate": EVERYONE,
    "backup:create": "admin",
    "incident:open": EVERYONE,
    "incident:contain": "admin",
    "incident:notify": "privacy-officer",
    "incident:observe": "auditor privacy-officer admin",
    "break-glass:request": "researcher educator",
    "break-glass:approve": "privacy-officer admin",
    "break-glass:review": "auditor",
}

# Scopes of our own begin with custom: and are in lower case. They open nothing of the Hub; a kernel learns from them
# what its user's role may use. There is deliberately no custom:workbench:* that would bring them all.
c.JupyterHub.custom_scopes = {
    f"custom:workbench:{permission}": {"description": f"In the workbench: {permission}"} for permission in PERMISSIONS
}

# Groups say who is what. The Hub only ever adds people from this list: whoever leaves a group has to be taken out of it
# on the Hub's admin page or by its API as well. With c.Authenticator.manage_groups the identity provider says the
# groups at each login instead; then leave load_groups out.
c.JupyterHub.load_groups = (
    {f"wb-{role}": {"users": names} for role, names in MEMBERS.items()}
    | {f"class-{name}": {"users": people["educators"] + people["students"]} for name, people in CLASSES.items()}
    | {f"teaches-{name}": {"users": people["educators"]} for name, people in CLASSES.items()}
)
c.JupyterHub.load_roles = [
    {
        "name": f"wb-{role}",
        "scopes": [f"custom:workbench:{permission}" for permission, row in PERMISSIONS.items() if role in row.split()],
        "groups": [f"wb-{role}"],
    }
    for role in MEMBERS
] + [
    {
        "name": f"teaches-{name.lower()}",
        "description": "Sees who is in the class, and no server of theirs",
        "scopes": [f"list:users!group=class-{name}", f"read:users!group=class-{name}"],
        "groups": [f"teaches-{name}"],
    }
    for name in CLASSES
]

# What a server's own token can do, of what its user can: tell that it is alive, and ask who its user is. Never
# "inherit", which would put everything that the person may do into an environment variable.
c.Spawner.server_token_scopes = ["users:activity!user", "read:users:groups!user", *c.JupyterHub.custom_scopes]
