create table roles (
  id smallint generated always as identity primary key,
  key text not null unique,
  -- A higher rank includes every lower one.
  rank smallint not null unique,
  description text not null,
  constraint roles_key_form check (key ~ '^[a-z][a-z0-9-]{0,31}$'),
  constraint roles_rank_not_negative check (rank >= 0)
);

create table features (
  id integer generated always as identity primary key,
  key text not null unique,
  name text not null,
  description text not null default '',
  enabled boolean not null default true,
  created_at timestamptz not null default now(),
  constraint features_key_form check (key ~ '^[a-z][a-z0-9-]{0,31}$')
);

create table account_feature_roles (
  account_id bigint not null references accounts (id) on delete cascade,
  feature_id integer not null references features (id) on delete cascade,
  role_id smallint not null references roles (id) on delete restrict,
  granted_by bigint references accounts (id) on delete set null,
  granted_at timestamptz not null default now(),
  primary key (account_id, feature_id)
);

create index account_feature_roles_feature_role_idx on account_feature_roles (feature_id, role_id);
create index account_feature_roles_role_idx on account_feature_roles (role_id);
create index account_feature_roles_granted_by_idx on account_feature_roles (granted_by)
  where granted_by is not null;

insert into roles (key, rank, description) values
  ('member', 10, 'Sees the feature'),
  ('fleet-commander', 20, 'Works with battles of the own alliance'),
  ('director', 30, 'Grants roles to others'),
  ('administrator', 40, 'Changes the settings of the feature');
