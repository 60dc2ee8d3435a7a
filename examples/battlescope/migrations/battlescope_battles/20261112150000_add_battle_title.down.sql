alter table battles drop column title;
