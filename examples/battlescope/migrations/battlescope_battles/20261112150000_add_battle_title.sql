-- Empty for battles of before, so that a service that doesn't know the column goes on writing.
alter table battles add column title text;

-- Rows that exist are checked by the next migration: here the table is locked for everybody.
alter table battles
  add constraint battles_title_length check (char_length(title) between 1 and 120) not valid;
