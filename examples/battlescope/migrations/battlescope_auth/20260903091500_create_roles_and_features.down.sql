drop table account_feature_roles;
drop table features;
drop table roles;
