create table battle_participants (
  id bigint generated always as identity primary key,
  battle_id bigint not null references battles (id) on delete cascade,
  character_id bigint not null,
  corporation_id bigint not null,
  alliance_id bigint,
  ship_type_id integer not null,
  -- Empty until the sides are told apart.
  side smallint,
  kills integer not null default 0,
  losses integer not null default 0,
  first_seen_at timestamptz not null,
  constraint battle_participants_pilot_ship_key unique (battle_id, character_id, ship_type_id),
  constraint battle_participants_side_range check (side between 1 and 8),
  constraint battle_participants_kills_not_negative check (kills >= 0),
  constraint battle_participants_losses_not_negative check (losses >= 0)
);

create index battle_participants_character_idx on battle_participants (character_id, battle_id);
create index battle_participants_alliance_idx on battle_participants (alliance_id, battle_id)
  where alliance_id is not null;
