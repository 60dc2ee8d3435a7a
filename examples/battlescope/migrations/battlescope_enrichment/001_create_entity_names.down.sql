drop table entity_names;
