CREATE TABLE "things" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"name" text NOT NULL
);
