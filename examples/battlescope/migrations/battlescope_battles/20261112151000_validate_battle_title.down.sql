alter table battles drop constraint battles_title_length;
alter table battles
  add constraint battles_title_length check (char_length(title) between 1 and 120) not valid;
