import { Platform } from "../components/platform.ts";
import { parsePlatform } from "../config/parse.ts";
import { changed, CONTEXT, DIGEST, INPUTS } from "../config/test-platform.ts";
import { type Recording, recordProgram, type RecordOptions } from "./record-program.ts";

/** Image of every tool. */
export const TOOL_IMAGE = `ghcr.io/acme/migrations@${DIGEST}`;
const service = (databases: object) => ({ image: `ghcr.io/acme/api@${DIGEST}`, databases });

const folder = {
  value: { migrations: ["1_a"], files: { "1_a.js": "" }, digest: "0".repeat(64) },
};

/** Three databases of other tools: one whose table is read, one with a command, one that is not looked at. */
const VALUE = changed({
  databases: {
    known: {
      runner: {
        image: TOOL_IMAGE,
        history: "knex",
        migrations: "known",
        mount: "/app/migrations",
        rollback: { args: ["migrate:rollback"] },
      },
    },
    own: {
      runner: { image: TOOL_IMAGE, history: { command: ["/migrate", "status"] }, user: 65532 },
    },
    blind: { runner: { image: TOOL_IMAGE, history: "none" } },
  },
  services: {
    everything: service({ auth: "app", known: "app", own: "app", blind: "readonly" }),
    unseen: service({ blind: "app" }),
  },
});

/** The program, with further keys of the stack.
 * @throws Error with the mistakes of the configuration. */
export async function recordOtherRunners(
  more: object = {},
  options: RecordOptions = {},
): Promise<Recording> {
  const inputs = { ...INPUTS, foreign: new Map([["knex:known", folder]]) };
  const value = { ...VALUE, ...more };
  const parsed = parsePlatform([{ source: "x", value }], { ...CONTEXT, inputs });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return await recordProgram(() => {
    new Platform("tidegate", { spec: parsed.spec, secrets: {} });
  }, options);
}
