drop table enrichment_failures;
drop table price_cache;
