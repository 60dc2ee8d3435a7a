/** One database on its way back. */
export interface RollbackSpec {
  /** Name in Postgres. */
  readonly database: string;
  /** The version that stays: a name, a number, `0` for none; or `last-batch`. */
  readonly to: string;
  readonly allowDataLoss: boolean;
  /** How long the Job announces what it will do, in seconds. */
  readonly delaySeconds: number;
  /** Its services are at 0 replicas meanwhile. */
  readonly scaleDown: boolean;
}

/** How far a database may go while its rollback stands. */
export interface PinSpec {
  /**
   * Names of the folder's migrations that stay, in order. Absent: `last-batch`, of which only the database
   * knows where it led; nothing is run then.
   */
  readonly keeps?: readonly string[];
}
