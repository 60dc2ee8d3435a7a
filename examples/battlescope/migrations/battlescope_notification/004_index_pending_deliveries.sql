-- tidegate:no-transaction
create index concurrently deliveries_pending_idx on deliveries (due_at, id) where state = 'pending';
