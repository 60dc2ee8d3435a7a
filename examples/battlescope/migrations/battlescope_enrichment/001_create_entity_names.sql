create table entity_names (
  kind text not null,
  id bigint not null,
  name text not null,
  fetched_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (kind, id),
  constraint entity_names_kind_known check (kind in ('character', 'corporation', 'alliance')),
  constraint entity_names_expire_later check (expires_at > fetched_at)
);
