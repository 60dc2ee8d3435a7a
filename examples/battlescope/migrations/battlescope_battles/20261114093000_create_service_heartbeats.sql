-- What /heartbeat reads and writes. Slots spread the writers of one service over several rows, so that
-- they don't queue for one row's lock.
create table service_heartbeats (
  service text not null,
  slot smallint not null,
  beats bigint not null default 1,
  last_beat_at timestamptz not null default now(),
  primary key (service, slot),
  constraint service_heartbeats_slot_range check (slot between 0 and 63),
  constraint service_heartbeats_beats_positive check (beats > 0)
);
