import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";

/** One resource in one operation of the engine. */
export interface Step {
  /** `same`, `create`, `update`, `delete`, `replace`, `create-replacement`, … */
  readonly op: string;
  /** For example `kubernetes:batch/v1:Job`. */
  readonly type: string;
  /** Logical name, the last part of the URN. */
  readonly name: string;
  readonly urn: string;
}

/** What one `up`, `preview`, `refresh` or `destroy` did; a failure is no exception. */
export interface Outcome {
  readonly ok: boolean;
  /** Everything that the CLI printed. */
  readonly output: string;
  readonly seconds: number;
  /** Steps that the engine began (of a preview: would begin), those without a change included. */
  readonly steps: readonly Step[];
  /** Steps that failed. */
  readonly failed: readonly Step[];
  /** Errors, warnings and notes, as the CLI shows them at the end. */
  readonly diagnostics: readonly Diagnostic[];
  /** Resources by operation, as the engine sums them up; empty where it did not come to that. */
  readonly changes: Readonly<Record<string, number>>;
}

export interface Diagnostic {
  readonly severity: string;
  readonly message: string;
  readonly urn?: string;
}

/** Steps that change something. */
export function changing(outcome: Outcome): readonly Step[] {
  return outcome.steps.filter(({ op }) => op !== "same" && op !== "read" && op !== "refresh");
}

/** `op type name` of every step that changes something, sorted: what a scenario compares. */
export function changeLines(outcome: Outcome): readonly string[] {
  return changing(outcome)
    .map(({ op, type, name }) => `${op} ${type.split(":").at(-1) ?? type} ${name}`)
    .toSorted();
}

/** Texts of the errors. */
export function errorText(outcome: Outcome): string {
  return outcome.diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ message }) => message)
    .join("\n");
}

/** Room for a line in the report, in characters. */
const LINE_MAX = 500;

/** The first line of a text that holds `part`, trimmed, for a note; empty where none does. */
export function lineWith(text: string, part: string): string {
  const line = text.split("\n").find((each) => each.includes(part)) ?? "";
  return line.trim().slice(0, LINE_MAX);
}

/** Gathers an {@link Outcome} while the CLI runs. */
export class OutcomeRecorder {
  readonly #started = performance.now();
  readonly #steps: Step[] = [];
  readonly #failed: Step[] = [];
  readonly #diagnostics: Diagnostic[] = [];
  #changes: Readonly<Record<string, number>> = {};
  #output = "";

  /** Options of every operation of the Automation API. */
  get listeners(): {
    readonly color: "never";
    readonly onOutput: (text: string) => void;
    readonly onError: (text: string) => void;
    readonly onEvent: (event: EngineEvent) => void;
  } {
    const print = (text: string): void => {
      this.#output += text;
    };
    return {
      color: "never",
      onOutput: print,
      onError: print,
      onEvent: (event) => this.#take(event),
    };
  }

  end(ok: boolean): Outcome {
    return {
      ok,
      output: this.#output,
      seconds: Math.round((performance.now() - this.#started) / 100) / 10,
      steps: this.#steps,
      failed: this.#failed,
      diagnostics: this.#diagnostics,
      changes: this.#changes,
    };
  }

  #take(event: EngineEvent): void {
    const { resourcePreEvent, resOpFailedEvent, diagnosticEvent, summaryEvent } = event;
    if (resourcePreEvent !== undefined) this.#steps.push(stepOf(resourcePreEvent.metadata));
    if (resOpFailedEvent !== undefined) this.#failed.push(stepOf(resOpFailedEvent.metadata));
    if (diagnosticEvent !== undefined && diagnosticEvent.ephemeral !== true) {
      const { severity, message, urn } = diagnosticEvent;
      this.#diagnostics.push({ severity, message, ...(urn !== undefined && { urn }) });
    }
    if (summaryEvent !== undefined) this.#changes = summaryEvent.resourceChanges;
  }
}

function stepOf({ op, type, urn }: { op: string; type: string; urn: string }): Step {
  return { op, type, urn, name: urn.slice(urn.lastIndexOf("::") + 2) };
}
