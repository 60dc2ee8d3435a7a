create table battle_killmails (
  battle_id bigint not null references battles (id) on delete cascade,
  -- The row itself is in another database; a killmail belongs to one battle at most.
  killmail_id bigint not null,
  occurred_at timestamptz not null,
  victim_side smallint,
  value_destroyed numeric(20, 2) not null default 0,
  primary key (battle_id, killmail_id),
  constraint battle_killmails_killmail_key unique (killmail_id),
  constraint battle_killmails_victim_side_range check (victim_side between 1 and 8),
  constraint battle_killmails_value_not_negative check (value_destroyed >= 0)
);

create index battle_killmails_timeline_idx on battle_killmails (battle_id, occurred_at);
