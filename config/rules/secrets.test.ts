import { expect, test } from "vitest";
import { changed, problemsIn, VALID } from "../test-platform.ts";

const NONE = { encrypted: new Set<string>(), clear: new Set<string>() };
const external = changed({ server: { kind: "external", host: "db.example" } });
const token = changed({ services: { api: { secretEnv: { TOKEN: "apiToken" } } } });

test("an external server needs the admin's password", () => {
  expect(problemsIn(external, { secrets: NONE })).toEqual([
    "adminPassword: is not set: pulumi config set --secret adminPassword",
  ]);
});

test("a server that the stack makes needs none", () => {
  expect(problemsIn(VALID, { secrets: NONE })).toEqual([]);
});

test("npm run dev needs no secret", () => {
  expect(problemsIn(external)).toEqual([]);
});

test("a password in clear is refused, and said to be burnt", () => {
  expect(problemsIn(external, { secrets: { ...NONE, clear: new Set(["adminPassword"]) } })).toEqual(
    [
      'adminPassword: "adminPassword" is stored in clear: pulumi config set --secret adminPassword encrypts it; then change the secret itself, as it was readable',
    ],
  );
});

test("a secret that a service names must be set", () => {
  expect(problemsIn(token, { secrets: NONE })).toEqual([
    "services.api.secretEnv.TOKEN: is not set: pulumi config set --secret apiToken",
  ]);
});

test("a secret that a service names must be encrypted", () => {
  expect(problemsIn(token, { secrets: { ...NONE, clear: new Set(["apiToken"]) } })).toEqual([
    'services.api.secretEnv.TOKEN: "apiToken" is stored in clear: pulumi config set --secret apiToken encrypts it; then change the secret itself, as it was readable',
  ]);
});

test("a secret that is set and encrypted is taken", () => {
  expect(problemsIn(token, { secrets: { ...NONE, encrypted: new Set(["apiToken"]) } })).toEqual([]);
});

test("a secret that no service names is a typing error", () => {
  expect(problemsIn(VALID, { secrets: { ...NONE, encrypted: new Set(["apiTokn"]) } })).toEqual([
    "apiTokn: is a secret that neither a secretEnv nor notifications.webhook names: name it there, or take it out with pulumi config rm",
  ]);
});

test("a service does not get the platform's own keys", () => {
  const raw = changed({ services: { api: { secretEnv: { PW: "adminPassword" } } } });
  expect(problemsIn(raw, { secrets: { ...NONE, encrypted: new Set(["adminPassword"]) } })).toEqual([
    'services.api.secretEnv.PW: "adminPassword" is a key of the platform: give the secret a name of its own',
  ]);
});
