/** `npm run build`: the runner, its image's build context, and the sample service where there is one. */
import { buildRunner } from "./build-runner.mjs";
import { buildSampleService } from "./build-sample-service.mjs";

try {
  const outputs = await Promise.all([buildRunner(), buildSampleService()]);
  for (const output of outputs.flat()) process.stdout.write(`built ${output}\n`);
} catch (error) {
  process.stderr.write(`build: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
