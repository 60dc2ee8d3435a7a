-- tidegate:no-transaction
create index concurrently entity_names_expires_at_idx on entity_names (expires_at);
