alter table battles validate constraint battles_title_length;
