import { z } from "zod";
import { CONNECTION_PARTS } from "../spec/connection.ts";
import { environmentName } from "./names.ts";

/** Parts that a map can name; a name on the certificate comes by itself, as `PGTLSSERVERNAME`. */
const part = z.enum(CONNECTION_PARTS).exclude(["servername"]);

/** The key `connection`: under which names a program reads its connection. */
export const connection = z
  .union([z.enum(["url", "pg", "postgres", "db"]), z.record(environmentName, part)], {
    error:
      "must be url, pg, postgres, db, or a map of environment variables to parts of the connection",
  })
  .default("url")
  .describe(
    "Names under which the program reads its connection. url: DATABASE_URL; pg: PGHOST …; postgres: POSTGRES_HOST …; db: DB_HOST DB_PORT DB_NAME DB_USER DB_PASSWORD; or a map such as { MY_HOST: host }. Default url.",
  );
