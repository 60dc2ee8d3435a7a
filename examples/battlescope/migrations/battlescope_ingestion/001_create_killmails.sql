create table killmails (
  -- The game's own number: a killmail that two feeds deliver is stored once.
  id bigint primary key,
  hash text not null,
  occurred_at timestamptz not null,
  received_at timestamptz not null default now(),
  source text not null,
  solar_system_id integer not null,
  victim_character_id bigint,
  victim_corporation_id bigint not null,
  victim_alliance_id bigint,
  victim_ship_type_id integer not null,
  attacker_count smallint not null,
  value_destroyed numeric(20, 2) not null default 0,
  body jsonb not null,
  constraint killmails_hash_form check (hash ~ '^[0-9a-f]{40}$'),
  constraint killmails_source_known check (source in ('stream', 'history', 'manual')),
  constraint killmails_attacker_count_positive check (attacker_count > 0),
  constraint killmails_value_not_negative check (value_destroyed >= 0)
);

create index killmails_occurred_at_idx on killmails (occurred_at);
