/**
 * What is left of the time that one run may wait for others: for the migration lock, for locks of tables
 * and for a server that went away. One for all of it, as ten migrations that wait four minutes each
 * would reach the deadline, which knows nothing, before any of them reached its verdict.
 */
export class WaitBudget {
  /** All of it, in seconds. */
  readonly seconds: number;
  #left: number;

  constructor(seconds: number) {
    this.seconds = seconds;
    this.#left = seconds * 1000;
  }

  /** What is left, in milliseconds. */
  get left(): number {
    return this.#left;
  }

  /** Takes milliseconds that were waited. */
  spend(milliseconds: number): void {
    this.#left = Math.max(0, this.#left - milliseconds);
  }
}
