/** Where the image's build context lies, relative to the project. */
export declare const RUNNER_CONTEXT: string;

/** Builds the runner for the command line and for `import`; returns what was written. */
export declare function buildRunner(): Promise<string[]>;

/** Builds what the runner's image is made of; paths are relative to the project. */
export declare function buildRunnerContext(): Promise<{
  readonly context: string;
  readonly dockerfile: string;
}>;
